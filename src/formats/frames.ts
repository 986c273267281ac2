/**
 * The messages of a file that holds several, each behind its length: four bytes, as the OpenTelemetry Collector's file exporter
 * writes them, or a varint, as protobuf libraries do ("delimited").
 * @returns undefined unless the lengths add up to the file, or to more, with `cut`: it ends within the last message
 */
export function framesOf(bytes: Uint8Array): Frames | undefined {
  return [fourBytes, varint].map((lengthAt) => framed(bytes, lengthAt)).sort(wholeFirst)[0]
}

export interface Frames {
  readonly messages: readonly Uint8Array[]
  readonly cut: boolean
}

function wholeFirst(a: Frames | undefined, b: Frames | undefined): number {
  return Number(a?.cut ?? 2) - Number(b?.cut ?? 2)
}

/** The tag of the one field that an OTLP request has. */
const RESOURCE_SPANS = 0x0a

/** The groups of spans of an OTLP request, each a request by itself, until it is cut off or goes on as something else. */
export function groupsOf(bytes: Uint8Array): Frames {
  const messages: Uint8Array[] = []
  for (let at = 0; ;) {
    const found = bytes[at] === RESOURCE_SPANS ? varint(bytes, at + 1) : undefined
    const end = found === undefined ? Infinity : found.from + found.length
    if (end > bytes.length) return { messages, cut: at < bytes.length }
    messages.push(bytes.subarray(at, end))
    at = end
  }
}

/** A length and where it ends; undefined if there is none. */
type Length = (bytes: Uint8Array, at: number) => { readonly length: number; readonly from: number } | undefined

function framed(bytes: Uint8Array, lengthAt: Length): Frames | undefined {
  const messages: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const found = lengthAt(bytes, at)
    if (found === undefined || found.from + found.length > bytes.length)
      return messages.length > 0 ? { messages, cut: true } : undefined
    at = found.from + found.length
    messages.push(bytes.subarray(found.from, at))
  }
  return { messages, cut: false }
}

function fourBytes(bytes: Uint8Array, at: number): ReturnType<Length> {
  if (at + 4 > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 4)
  return { length: view.getUint32(0), from: at + 4 }
}

function varint(bytes: Uint8Array, at: number): ReturnType<Length> {
  let length = 0
  for (let place = 0; place < 5 && at + place < bytes.length; place++) {
    const byte = bytes[at + place] as number
    length += (byte & 0x7f) * 2 ** (7 * place)
    if (byte < 0x80) return { length, from: at + place + 1 }
  }
  return undefined
}
