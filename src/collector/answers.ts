import type { Encoding } from '../otlp/decode.ts'
import { ProtoWriter } from '../otlp/encode-writer.ts'

/** The media types of the two encodings. */
export const MEDIA: Readonly<Record<Encoding, string>> = { protobuf: 'application/x-protobuf', json: 'application/json' }

/** The encoding that a Content-Type asks for; undefined for any other. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  const media = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (media === MEDIA.protobuf) return 'protobuf'
  return media === MEDIA.json ? 'json' : undefined
}

/**
 * An ExportTraceServiceResponse (or one for metrics, which is the same on the wire): empty, or with its partial success.
 * @param rejected how many were not taken @param message why, for people
 */
export function exportResponse(encoding: Encoding, rejected = 0, message = ''): Buffer {
  if (encoding === 'json') {
    const partialSuccess = { rejectedSpans: String(rejected), errorMessage: message }
    return Buffer.from(rejected === 0 ? '{}' : JSON.stringify({ partialSuccess }))
  }
  const writer = new ProtoWriter(message.length + 32)
  if (rejected > 0) {
    writer.message(0x0a, () => {
      writer.reserve(11)
      writer.varint(0x08)
      writer.varint(rejected)
      writer.textField(0x12, message)
    })
  }
  return writer.written()
}

/** Codes of google.rpc.Code, by HTTP status. */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 8,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
}

/** A google.rpc.Status, which is what OTLP has for a body of every failure. */
export function statusBody(encoding: Encoding, httpStatus: number, message: string): Buffer {
  const code = CODES[httpStatus] ?? 2
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message, details: [] }))
  const writer = new ProtoWriter(message.length + 16)
  writer.reserve(2)
  writer.varint(0x08)
  writer.varint(code)
  writer.textField(0x12, message)
  return writer.written()
}
