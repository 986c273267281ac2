import { readDocument } from './document.ts'
import { framesOf, groupsOf } from './frames.ts'
import { readLines } from './lines.ts'
import { readOtlp } from './otlp.ts'
import { together, Unusable, type Reading, type Refusal } from './refusal.ts'
import { jsonCharset, parseJson } from './text.ts'
import { unpacked } from './unpack.ts'
import { isEmptyOtlp, readWrapped } from './wrapped.ts'

/** What a file holds. */
export interface FileReading {
  readonly spans: Reading['spans']
  readonly refused: Refusal[]
}

/**
 * Reads the spans of a file: OTLP (protobuf, also several messages each behind its length; JSON, one document or one per line; in
 * the answers of Jaeger's API v3 and of Tempo's), Jaeger's JSON (its API's answer, one trace, spans as Elasticsearch keeps them, its internal model),
 * Zipkin's JSON, version 2 or 1 (a trace or a list of them); any of them packed by gzip or zstd, JSON in UTF-8 or UTF-16. What it is,
 * is told from what is in it. Never throws for what it is given: what cannot be taken is in `refused`.
 * @param file its name, for `refused`
 */
export function readFileOfSpans(file: string, bytes: Uint8Array): FileReading {
  return inFile(file, () => readBytes(unpacked(bytes)))
}

/** A reading with its file's name; what is unusable as a whole is refused. */
export function inFile(file: string, read: () => Reading): FileReading {
  try {
    const { spans, refused } = read()
    return { spans, refused: refused.map((refusal) => ({ file, ...refusal })) }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return { spans: [], refused: [{ file, where: '', reason: error.message }] }
  }
}

/** Reads bytes that are not packed. @throws Unusable if they are nothing that is known */
export function readBytes(bytes: Uint8Array): Reading {
  if (bytes.length === 0) throw new Unusable('the file is empty')
  const charset = jsonCharset(bytes)
  if (charset === undefined) return readProtobuf(bytes)
  // Protobuf of OTLP begins with a line feed, the tag of its field, and then a length, which may look like a brace.
  if (bytes[0] !== 0x0a) return readText(new TextDecoder(charset).decode(bytes))
  try {
    return readText(new TextDecoder(charset, { fatal: true }).decode(bytes))
  } catch {
    return readProtobuf(bytes)
  }
}

/** What is no text may be anything, so that is said before the detail. */
function readProtobuf(bytes: Uint8Array): Reading {
  try {
    const reading = readOtlp(bytes, 'protobuf')
    // A length may look like a field that is not known.
    return reading.spans.length === 0 ? (readFrames(bytes) ?? readWrapped(bytes) ?? withoutSpans(bytes, reading)) : reading
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const several = readFrames(bytes) ?? readGroups(bytes)
    if (several !== undefined) return several
    throw new Unusable(`neither JSON nor OTLP in protobuf (${error.message})`)
  }
}

/** Nearly any protobuf reads as OTLP without a span. @throws Unusable if this is other protobuf */
function withoutSpans(bytes: Uint8Array, reading: Reading): Reading {
  if (reading.refused.length === 0 && !isEmptyOtlp(bytes)) throw new Unusable('there is no span in it')
  return reading
}

/** What of a damaged request can be read; undefined if that is nothing. */
function readGroups(bytes: Uint8Array): Reading | undefined {
  const { messages, cut } = groupsOf(bytes)
  const readings = messages.map((group, place): Reading => {
    const where = `resourceSpans[${place}]`
    try {
      const { spans, refused } = readOtlp(group, 'protobuf')
      return { spans, refused: refused.map((one) => ({ ...one, where: one.where.replace('resourceSpans[0]', where) })) }
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      return { spans: [], refused: [{ where, reason: error.message }] }
    }
  })
  if (!readings.some(({ spans }) => spans.length > 0)) return undefined
  const rest = { where: `resourceSpans[${messages.length}]`, reason: 'the file is cut off or damaged here' }
  return together([...readings, { spans: [], refused: cut ? [rest] : [] }])
}

/** Several messages; undefined if that is not what it is. Each may be packed by itself. */
function readFrames(bytes: Uint8Array): Reading | undefined {
  const frames = framesOf(bytes)
  if (frames === undefined) return undefined
  const { messages, cut } = frames
  const readings = messages.map((message, place) => readFrame(message, `message ${place + 1}`))
  if (!readings.some(({ spans }) => spans.length > 0)) return undefined
  const rest = { where: `message ${messages.length + 1}`, reason: 'the file ends here, it is cut off' }
  return together([...readings, { spans: [], refused: cut ? [rest] : [] }])
}

function readFrame(frame: Uint8Array, where: string): Reading {
  try {
    const message = unpacked(frame)
    // The collector's file exporter packs JSON by the message, too.
    const json = message[0] === 0x0a ? undefined : jsonCharset(message)
    const { spans, refused } =
      json === undefined ? readOtlp(message, 'protobuf') : readText(new TextDecoder(json).decode(message))
    return { spans, refused: refused.map((refusal) => ({ ...refusal, where: `${where}: ${refusal.where}` })) }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return { spans: [], refused: [{ where, reason: error.message }] }
  }
}

/** Reads JSON: one document, or one per line. @throws Unusable if it is neither */
export function readText(text: string): Reading {
  let broken: string
  try {
    return readDocument(parseJson(text), '', text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    broken = error.message
  }
  const documents = text.split(BETWEEN)
  if (documents.length > 1) return readLines(documents, 1, true, 'document')
  const lines = text.split('\n')
  const reading = readLines(lines, 1, lines.at(-1) !== '')
  // A document that is spread over lines and broken would be refused line by line.
  if (reading.spans.length === 0 && !isJson(lines.find((line) => line.trim() !== '') ?? ''))
    throw new Unusable(`no JSON: ${broken}`)
  return reading
}

/** Between documents that are spread over lines: the brace that ends one and the one that begins another are not indented. */
const BETWEEN = /(?<=\n[}\]])\s*\n(?=[{[])/

/** Whether a line is a JSON document by itself. */
export function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
