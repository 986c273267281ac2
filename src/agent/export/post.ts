import type { Connections } from './connections.ts'
import type { HttpAnswer } from './http-answer.ts'

/** Where traces are sent to. */
export interface Destination {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** ms until a request without an answer is given up. */
  readonly timeout: number
  readonly gzip: boolean
  readonly connections: Connections
}

/** A request's body in parts. */
export interface Batch {
  readonly parts: readonly Uint8Array[]
  readonly spans: number
  /** The parts are no longer needed. */
  readonly done: () => void
  /** Set when all of it has been handed to the kernel. */
  written: boolean
}

/** What became of a request. */
export interface Answer {
  /** `later`: it may be sent again. */
  readonly outcome: 'taken' | 'later' | 'refused'
  readonly reason: string
  /** Spans that the collector took the request without. */
  readonly rejected: number
  /** When to come again, in ms, if it said so. */
  readonly after: number | undefined
}

/** The statuses that OTLP calls retryable. */
const RETRYABLE = new Set([429, 502, 503, 504])

/** Sends a batch; `answered` is called exactly once, and nothing is thrown. */
export function post(destination: Destination, batch: Batch, answered: (answer: Answer) => void): void {
  if (!destination.gzip) return transmit(destination, batch, batch.parts, answered)
  // Loaded where it is wanted only: it is not cheap to start.
  process.getBuiltinModule('node:zlib').gzip(Buffer.concat(batch.parts), (error, packed) => {
    if (error === null) transmit(destination, batch, [packed], answered)
    else answered({ outcome: 'refused', reason: error.message, rejected: 0, after: undefined })
  })
}

function transmit(
  destination: Destination,
  batch: Batch,
  parts: readonly Uint8Array[],
  answered: (answer: Answer) => void,
): void {
  const failed = ({ message }: Error): void => answered({ outcome: 'later', reason: message, rejected: 0, after: undefined })
  try {
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    destination.connections.exchange({
      head: headOf(destination, size),
      parts,
      timeout: destination.timeout,
      written: () => (batch.written = true),
      answered: (answer) => answered(judge(answer)),
      failed,
    })
  } catch (error) {
    failed(error as Error)
  }
}

/** A name and a value that cannot end the line (RFC 9110 §5.1, §5.5). */
const FIELD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*$/

function headOf({ url, headers, gzip }: Destination, size: number): string {
  const { username, password, host, pathname, search } = url
  const userInfo = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const fields: Record<string, string> = {
    host,
    ...(userInfo === ':' ? {} : { authorization: `Basic ${Buffer.from(userInfo).toString('base64')}` }),
    ...lowerCase(headers),
    'content-type': 'application/x-protobuf',
    'content-length': String(size),
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    connection: 'keep-alive',
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  // The value may be a secret, so only the name is said.
  for (const line of lines) if (!FIELD.test(line)) throw new Error(`the header ${line.split(':', 1)[0]} cannot be sent`)
  return `POST ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function judge({ status, body, headers }: HttpAnswer): Answer {
  if (status >= 200 && status < 300) return { outcome: 'taken', reason: '', rejected: rejectedSpans(body), after: undefined }
  const outcome = RETRYABLE.has(status) ? 'later' : 'refused'
  return { outcome, reason: `the collector answered ${status}`, rejected: 0, after: retryAfter(headers.get('retry-after')) }
}

/** Retry-After (RFC 9110 §10.2.3) in ms, at most a minute. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const seconds = Number(header)
  const wait = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1_000
  return Number.isNaN(wait) ? undefined : Math.min(60_000, Math.max(0, wait))
}

/** `partial_success.rejected_spans` of an ExportTraceServiceResponse; 0 for anything that is none. */
function rejectedSpans(body: Buffer): number {
  if (body[0] !== 0x0a || body[2] !== 0x08) return 0
  let value = 0
  for (let i = 3, scale = 1; i < body.length && i < 10; i++, scale *= 128) {
    const byte = body[i] as number
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  return value
}
