import { setTimeout as pause } from 'node:timers/promises'
import type { Span } from '../model/span.ts'
import { MalformedError, ProtobufReader } from '../otlp/decode-reader.ts'
import { encodeSpans } from '../otlp/spans.ts'
import { StartError } from './command.ts'
import { safe } from './terminal-text.ts'

/** How often one that is asked to wait comes again. */
const ATTEMPTS = 10

/** A request has so many bytes at most, unless it is one span. */
const LARGEST = 8 * 1024 * 1024

/** Sends spans to an OTLP/HTTP endpoint, and counts what became of them. */
export class SpanSender {
  sent = 0
  rejected = 0
  readonly #to: URL
  readonly #headers: Readonly<Record<string, string>>

  constructor(to: URL, token?: string) {
    this.#to = to
    this.#headers = {
      'content-type': 'application/x-protobuf',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    }
  }

  /** Sends spans until they are answered. @returns why some were not taken, in words @throws StartError if nobody takes them */
  async send(spans: readonly Span[]): Promise<string[]> {
    const body = encodeSpans(spans)
    if (body.length > LARGEST && spans.length > 1) {
      const half = spans.length >> 1
      return [...(await this.send(spans.slice(0, half))), ...(await this.send(spans.slice(half)))]
    }
    const { rejected, message } = await this.#answered(body, spans.length)
    this.sent += spans.length - rejected
    this.rejected += rejected
    return rejected === 0 ? [] : [safe(`refused by ${this.#to.origin}: ${rejected} spans${message && `: ${message}`}`)]
  }

  async #answered(body: Buffer, count: number): Promise<Rejection> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#post(body)
      if (answer.ok) return rejectionIn(Buffer.from(await answer.arrayBuffer()))
      const said = saidIn(answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer()))
      // Nothing in it could be taken, or it is too large: the next may be better.
      if (answer.status === 400 || answer.status === 413) return { rejected: count, message: said }
      if (![429, 502, 503, 504].includes(answer.status) || attempt === ATTEMPTS) {
        throw new StartError(`${this.#to.href} answered ${answer.status}: ${safe(said)}`)
      }
      const seconds = Number(answer.headers.get('retry-after') ?? 1)
      await pause(Math.min(30, Number.isFinite(seconds) ? seconds : 1) * 1_000)
    }
  }

  async #post(body: Buffer): Promise<Response> {
    try {
      return await fetch(this.#to, {
        method: 'POST',
        headers: this.#headers,
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(60_000),
      })
    } catch (error) {
      throw new StartError(`nothing answers at ${this.#to.origin}: is the collector running? (phaseline collect)`, {
        cause: error,
      })
    }
  }
}

interface Rejection {
  readonly rejected: number
  readonly message: string
}

/** The `partial_success` of an ExportTraceServiceResponse, its field 1. */
function rejectionIn(bytes: Buffer): Rejection {
  const reader = new ProtobufReader(bytes)
  if (bytes.length === 0 || reader.varint() !== 0x0a) return { rejected: 0, message: '' }
  return numberAndText(reader, reader.until(bytes.length))
}

/** A field 1 that is a number and a field 2 that is a text: how many were rejected and why; also a google.rpc.Status. */
function numberAndText(reader: ProtobufReader, end: number): Rejection {
  let [rejected, message] = [0, '']
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === 0x08) rejected = reader.varint()
    else if (tag === 0x12) {
      const stop = reader.until(end)
      message = reader.bytes.toString('utf8', reader.at, stop)
      reader.at = stop
    } else reader.skip(tag, end)
  }
  return { rejected, message }
}

/** What an answer that is no success says. */
function saidIn(type: string | null, body: Buffer): string {
  try {
    if (type === 'application/x-protobuf') return numberAndText(new ProtobufReader(body), body.length).message
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
  }
  return body.toString().slice(0, 200)
}
