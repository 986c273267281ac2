import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Delivery } from './receiver.ts'

/** Another OTLP endpoint that gets everything. */
export interface ForwardTarget {
  /** `http://jaeger:4318`; `/v1/traces` is added unless it is there. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes that may wait; 64 MiB by default. What does not fit is dropped and counted. */
  readonly maxBytes?: number
}

/** Numbers of one target, in spans. */
export interface ForwardStats {
  readonly url: string
  readonly sent: number
  readonly dropped: number
  readonly queued: number
  readonly lastError: string | null
}

interface Waiting {
  readonly delivery: Delivery
  readonly spans: number
}

/** Answers that mean "later" (OTLP/HTTP, "Retryable Response Codes"). */
const RETRYABLE = new Set([429, 502, 503, 504])
const CONNECTIONS = 4
const FIRST_WAIT = 200
const LONGEST_WAIT = 30_000
const TIMEOUT = 10_000

/** Sends what was received on, byte by byte as it came; tries again while the other side is away; never keeps the receiver waiting. */
export class Forwarder {
  private readonly target: ForwardTarget
  private readonly agent: HttpAgent
  private readonly queue: Waiting[] = []
  private bytes = 0
  private sending = 0
  private failures = 0
  private counts = { sent: 0, dropped: 0, queued: 0 }
  private lastError: string | null = null
  private timer: NodeJS.Timeout | undefined
  private closed = false
  private whenIdle: (() => void)[] = []

  constructor(target: ForwardTarget) {
    this.target = target
    const options = { keepAlive: true, maxSockets: CONNECTIONS, timeout: TIMEOUT }
    this.agent = target.url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options)
  }

  /** Queues a body. @param spans how many are in it, for the counts */
  send(delivery: Delivery, spans: number): void {
    const room = this.target.maxBytes ?? 64 * 1024 * 1024
    if (this.closed || this.bytes + delivery.received.length > room) {
      this.counts.dropped += spans
      this.lastError = 'the buffer is full'
      return
    }
    this.queue.push({ delivery, spans })
    this.bytes += delivery.received.length
    this.counts.queued += spans
    this.pump()
  }

  private pump(): void {
    while (this.timer === undefined && this.sending < (this.failures > 0 ? 1 : CONNECTIONS)) {
      const next = this.queue.shift()
      if (next === undefined) break
      this.sending++
      void this.attempt(next)
    }
    if (this.sending === 0 && this.queue.length === 0) for (const tell of this.whenIdle.splice(0)) tell()
  }

  private async attempt(waiting: Waiting): Promise<void> {
    const result = await post(this.target, waiting.delivery, this.agent)
    this.sending--
    if (result.again && !this.closed) this.later(waiting, result)
    else this.settle(waiting, result)
    this.pump()
  }

  private settle(waiting: Waiting, result: Result): void {
    this.bytes -= waiting.delivery.received.length
    this.counts.queued -= waiting.spans
    if (result.error === null) {
      this.failures = 0
      this.counts.sent += waiting.spans
    } else {
      this.counts.dropped += waiting.spans
      this.lastError = result.error
    }
  }

  /** Back to the front of the queue; the wait doubles with each failure in a row, with jitter, unless the other side says how long. */
  private later(waiting: Waiting, result: Result): void {
    this.queue.unshift(waiting)
    this.lastError = result.error
    const wait = result.waitMs ?? Math.min(FIRST_WAIT * 2 ** this.failures, LONGEST_WAIT) * (0.5 + Math.random() / 2)
    this.failures++
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.pump()
    }, wait)
    this.timer.unref()
  }

  stats(): ForwardStats {
    return { url: this.target.url, ...this.counts, lastError: this.lastError }
  }

  /** Resolves when nothing waits any more, or after so many ms. */
  async flush(ms = 5_000): Promise<void> {
    if (this.sending === 0 && this.queue.length === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.whenIdle.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Sends what it can within so many ms; the rest is dropped and counted. */
  async close(ms = 2_000): Promise<void> {
    await this.flush(ms)
    this.closed = true
    clearTimeout(this.timer)
    for (const waiting of this.queue.splice(0)) this.settle(waiting, { error: this.lastError ?? 'closed', again: false })
    this.agent.destroy()
  }
}

interface Result {
  readonly error: string | null
  readonly again: boolean
  readonly waitMs?: number
}

function endpoint(base: string, path: string): URL {
  const url = new URL(base)
  if (!url.pathname.endsWith(path)) url.pathname = url.pathname.replace(/\/v1\/traces$/, '').replace(/\/$/, '') + path
  return url
}

/** Never rejects. */
function post(target: ForwardTarget, delivery: Delivery, agent: HttpAgent): Promise<Result> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve({ error: error.message || String(error), again: true })
    try {
      const url = endpoint(target.url, delivery.path)
      const headers = { ...target.headers, ...delivery.headers, 'content-length': delivery.received.length }
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest
      const request = send(url, { method: 'POST', agent, headers, timeout: TIMEOUT }, (response) => {
        response
          .on('error', failed)
          .on('end', () => resolve(resultOf(response)))
          .resume()
      })
      request.on('error', failed).on('timeout', () => request.destroy(new Error('no answer')))
      request.end(delivery.received)
    } catch (error) {
      resolve({ error: (error as Error).message, again: false })
    }
  })
}

function resultOf(response: IncomingMessage): Result {
  const status = response.statusCode ?? 0
  if (status < 300) return { error: null, again: false }
  const seconds = Number(response.headers['retry-after'])
  const wait = Number.isFinite(seconds) && seconds > 0 ? { waitMs: Math.min(seconds * 1_000, LONGEST_WAIT) } : {}
  return { error: `HTTP ${status}`, again: RETRYABLE.has(status), ...wait }
}
