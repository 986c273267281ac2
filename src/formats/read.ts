import { gunzipSync } from 'node:zlib'
import { isJaegerTrace, readJaeger } from './jaeger.ts'
import { isObject } from './json.ts'
import { otlpDocument, readOtlp } from './otlp.ts'
import { together, Unusable, type Reading, type Refusal } from './refusal.ts'
import { isZipkinSpan, readZipkin } from './zipkin.ts'

/** What a file holds. */
export interface FileReading {
  readonly spans: Reading['spans']
  readonly refused: Refusal[]
}

/** A file may unpack to so many bytes: 1 GiB. */
const LIMIT = 2 ** 30

/**
 * Reads the spans of a file: OTLP (protobuf; JSON, one document or one per line; in the answers of Jaeger's API v3 and of
 * Tempo's), Jaeger's JSON (its API's answer or one trace), Zipkin's JSON version 2 (a trace or a list of them); any of them
 * gzipped. What it is, is told from what is in it. Never throws for what it is given: what cannot be taken is in `refused`.
 * @param file its name, for `refused`
 */
export function readFileOfSpans(file: string, bytes: Uint8Array): FileReading {
  try {
    const { spans, refused } = readBytes(unpacked(bytes))
    return { spans, refused: refused.map((refusal) => ({ file, ...refusal })) }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return { spans: [], refused: [{ file, where: '', reason: error.message }] }
  }
}

function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: LIMIT })
  } catch (error) {
    throw new Unusable(`gzip: ${(error as Error).message}`)
  }
}

function readBytes(bytes: Uint8Array): Reading {
  if (bytes.length === 0) throw new Unusable('the file is empty')
  const text = jsonText(bytes)
  if (text === undefined) return readProtobuf(bytes)
  const document = parsed(text)
  if (document !== undefined) return readDocument(document, '', text)
  return readLines(text)
}

/** What is no text may be anything, so that is said before the detail. */
function readProtobuf(bytes: Uint8Array): Reading {
  try {
    return readOtlp(bytes, 'protobuf')
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    throw new Unusable(`neither JSON nor OTLP in protobuf (${error.message})`)
  }
}

/** The text, if it can be JSON; protobuf of OTLP begins with a tag of a field, which is a line feed, then a length. */
function jsonText(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes)
  const first = text.trimStart()[0]
  if (first !== '{' && first !== '[') return undefined
  return bytes[0] === 0x0a && text.includes('�') ? undefined : text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readLines(text: string): Reading {
  const lines = text.split('\n')
  const readings = lines.map((line, at): Reading => {
    if (line.trim() === '') return { spans: [], refused: [] }
    const where = lines.length === 1 ? '' : `line ${at + 1}`
    try {
      const document = JSON.parse(line) as unknown
      const { spans, refused } = readDocument(document, '', line)
      return { spans, refused: refused.map((refusal) => ({ ...refusal, where: `${where}: ${refusal.where}` })) }
    } catch (error) {
      if (!(error instanceof Unusable || error instanceof SyntaxError)) throw error
      return { spans: [], refused: [{ where, reason: error.message }] }
    }
  })
  // A document that is spread over lines and broken would be refused line by line.
  if (readings.every(({ spans }) => spans.length === 0)) throw new Unusable(`no JSON: ${why(text)}`)
  return together(readings)
}

function why(text: string): string {
  try {
    JSON.parse(text)
    return 'nothing in it is a span'
  } catch (error) {
    return (error as Error).message
  }
}

/** @param text the document as it was, where numbers are whole that a double would round */
function readDocument(document: unknown, where: string, text: string): Reading {
  if (Array.isArray(document)) return readList(document, where)
  const otlp = otlpDocument(document)
  if (otlp !== undefined) return readOtlp(Buffer.from(otlp === document && text !== '' ? text : JSON.stringify(otlp)), 'json')
  if (isObject(document) && (Array.isArray(document['data']) || isJaegerTrace(document))) return readJaeger(document)
  if (isZipkinSpan(document)) return readZipkin([document], () => where)
  throw new Unusable('neither OTLP nor Jaeger nor Zipkin: no resourceSpans, no data, no spans, no list of spans')
}

/** A list: spans of Zipkin, or documents of any kind, which may be lists themselves. */
function readList(list: readonly unknown[], where: string): Reading {
  if (list.length === 0 || list.some(isZipkinSpan)) return readZipkin(list, (place) => `${where}[${place}]`)
  return together(
    list.map((item, place): Reading => {
      const here = `${where}[${place}]`
      try {
        return readDocument(item, here, '')
      } catch (error) {
        if (!(error instanceof Unusable)) throw error
        return { spans: [], refused: [{ where: here, reason: error.message }] }
      }
    }),
  )
}
