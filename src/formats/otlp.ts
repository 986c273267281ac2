import { decodeTraces, type Encoding } from '../otlp/decode.ts'
import { array, isObject, object, type Json } from './json.ts'
import { together, Unusable, type Reading } from './refusal.ts'

/** OTLP as JSON holds it, here or where the APIs of Jaeger (v3) and Tempo put it, or the spans of one resource by themselves; undefined if this is none. */
export function otlpDocument(value: unknown): Json | undefined {
  if (!isObject(value)) return undefined
  if (Array.isArray(value['resourceSpans'])) {
    return isCurrent(value['resourceSpans']) ? value : { resourceSpans: value['resourceSpans'].map(current) }
  }
  if (Array.isArray(value['resource_spans'])) return otlpDocument(camelCased(value))
  if (Array.isArray(value['batches'])) return { resourceSpans: value['batches'].map(current) }
  if (['scopeSpans', 'scope_spans', 'instrumentationLibrarySpans'].some((key) => Array.isArray(value[key]))) {
    return { resourceSpans: [current(value)] }
  }
  return otlpDocument(value['trace']) ?? otlpDocument(value['result']) ?? otlpDocument(value['data'])
}

/** Whether groups are as OTLP has them since 1.0, with its JSON's names; a look at the first span is enough. */
function isCurrent(groups: readonly unknown[]): boolean {
  return groups.every((group) => {
    const names = Object.keys(object(group))
    const [span] = array(object(array(object(group)['scopeSpans'])[0])['spans'])
    return !names.includes('instrumentationLibrarySpans') && !names.includes('scope_spans') && !('span_id' in object(span))
  })
}

/** Before OTLP 1.0 a scope was an instrumentation library; protobuf's own JSON may keep the names of its fields. */
function current(batch: unknown): unknown {
  if (!isObject(batch)) return batch
  const { instrumentationLibrarySpans, scopeSpans, ...rest } = object(camelCased(batch))
  const groups = scopeSpans ?? array(instrumentationLibrarySpans).map((group) => renamed(object(group)))
  return { ...rest, scopeSpans: groups }
}

function renamed({ instrumentationLibrary, ...rest }: Json): Json {
  return { scope: instrumentationLibrary, ...rest }
}

/** `start_time_unix_nano` as `startTimeUnixNano`, and so on. Keys in OTLP's JSON are its own: those of attributes are values. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased)
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    camelCased(item),
  ])
  return Object.fromEntries(entries)
}

/** Reads OTLP bytes. @throws Unusable if they are no OTLP as a whole */
export function readOtlp(body: Uint8Array, encoding: Encoding): Reading {
  try {
    const { spans, refused } = decodeTraces(body, encoding)
    return { spans, refused: [...refused] }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'malformed') throw error
    throw new Unusable((error as Error).message)
  }
}

/**
 * Reads an OTLP document; one that cannot be read as a whole, by its groups of spans, so that those that can be are not lost.
 * @param where its place in the file
 * @param written the document as it was, if it is at hand
 * @throws Unusable if it is one group, and that cannot be read
 */
export function readOtlpJson(document: Json, where: string, written: string): Reading {
  const inside = where === '' ? '' : `${where}.`
  const take = (text: string, from: string, to: string): Reading => {
    const { spans, refused } = readOtlp(Buffer.from(text), 'json')
    return { spans, refused: refused.map((one) => ({ ...one, where: inside + one.where.replace(from, to) })) }
  }
  try {
    return take(written === '' ? JSON.stringify(document) : written, '', '')
  } catch (error) {
    const groups = groupsOf(document)
    if (!(error instanceof Unusable) || groups.length < 2) throw error
    return together(
      groups.map(({ place, cut, group }) => orRefused(inside + place, () => take(JSON.stringify(group), cut, place))),
    )
  }
}

function orRefused(where: string, read: () => Reading): Reading {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return { spans: [], refused: [{ where, reason: error.message }] }
  }
}

interface Group {
  readonly place: string
  /** Its place in the document that it is by itself. */
  readonly cut: string
  readonly group: Json
}

function groupsOf(document: Json): Group[] {
  return array(document['resourceSpans']).flatMap((resource, i): Group[] => {
    const place = `resourceSpans[${i}]`
    const scopes = array(object(resource)['scopeSpans'])
    if (scopes.length < 2) return [{ place, cut: 'resourceSpans[0]', group: { resourceSpans: [resource] } }]
    return scopes.map((scope, j) => ({
      place: `${place}.scopeSpans[${j}]`,
      cut: 'resourceSpans[0].scopeSpans[0]',
      group: { resourceSpans: [{ ...object(resource), scopeSpans: [scope] }] },
    }))
  })
}
