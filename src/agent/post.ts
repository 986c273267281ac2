import type { ClientRequest, IncomingMessage, RequestOptions, Agent } from 'node:http'

/** Where traces are sent to. */
export interface Destination {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** ms until a request without an answer is given up. */
  readonly timeout: number
  readonly gzip: boolean
  readonly agent: Agent
  /** `request` of node:http or node:https. */
  readonly request: (url: URL, options: RequestOptions, answered: (response: IncomingMessage) => void) => ClientRequest
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
const MOST_ANSWER = 64 << 10

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
  let open = true
  const answer = (given: Answer): void => {
    if (open) answered(given)
    open = false
  }
  const fail = (error: Error): void => answer({ outcome: 'later', reason: error.message, rejected: 0, after: undefined })
  try {
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    const request = destination.request(destination.url, options(destination, size), (response) => read(response, answer, fail))
    request.on('error', fail)
    request.on('finish', () => (batch.written = true))
    request.on('socket', (socket) => socket.unref())
    // The whole exchange, not only a silence: a collector that dribbles must not hold a batch for ever.
    const bound = setTimeout(
      () => request.destroy(new Error(`no answer in ${destination.timeout} ms`)),
      destination.timeout,
    ).unref()
    request.on('close', () => {
      clearTimeout(bound)
      fail(new Error('the connection was closed'))
    })
    for (const part of parts) request.write(part)
    request.end()
  } catch (error) {
    fail(error as Error)
  }
}

function options({ headers, agent, gzip: packed }: Destination, size: number): RequestOptions {
  const own = { 'content-type': 'application/x-protobuf', 'content-length': String(size) }
  return { method: 'POST', agent, headers: { ...headers, ...own, ...(packed ? { 'content-encoding': 'gzip' } : {}) } }
}

function read(response: IncomingMessage, answer: (given: Answer) => void, fail: (error: Error) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MOST_ANSWER) chunks.push(chunk)
  })
  response.on('error', fail)
  response.on('end', () => answer(judge(response, Buffer.concat(chunks))))
}

function judge(response: IncomingMessage, body: Buffer): Answer {
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return { outcome: 'taken', reason: '', rejected: rejectedSpans(body), after: undefined }
  const outcome = RETRYABLE.has(status) ? 'later' : 'refused'
  return { outcome, reason: `the collector answered ${status}`, rejected: 0, after: retryAfter(response.headers['retry-after']) }
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
