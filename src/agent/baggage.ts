import { baggageEntryMetadataFromString, propagation, type Baggage, type BaggageEntry } from '@opentelemetry/api'

/** W3C Baggage (https://www.w3.org/TR/baggage/): at most so many entries and characters are taken. */
const MOST_ENTRIES = 180
const MOST_CHARACTERS = 8192

/** The entries of a `baggage` header; what is malformed is left out. */
export function parseBaggage(header: string): Baggage {
  const entries: Record<string, BaggageEntry> = {}
  for (const part of header.slice(0, MOST_CHARACTERS).split(',', MOST_ENTRIES)) {
    const [pair = '', ...metadata] = part.split(';')
    const at = pair.indexOf('=')
    if (at <= 0) continue
    const key = decode(pair.slice(0, at).trim())
    if (key === '' || key === '__proto__') continue
    const value = decode(pair.slice(at + 1).trim())
    entries[key] = metadata.length === 0 ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata.join(';')) }
  }
  return propagation.createBaggage(entries)
}

/** The header of a baggage; undefined if it is empty. */
export function formatBaggage(baggage: Baggage): string | undefined {
  const parts = baggage.getAllEntries().map(([key, { value, metadata }]) => {
    const pair = `${encodeURIComponent(key)}=${encodeURIComponent(value)}`
    return metadata === undefined ? pair : `${pair};${metadata.toString()}`
  })
  const kept = parts.slice(0, MOST_ENTRIES).join(',')
  return kept === '' || kept.length > MOST_CHARACTERS ? undefined : kept
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
