import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type Letter, Outbox } from './outbox.ts'
import { post, type Result, TIMEOUT } from './post.ts'

/** Another OTLP endpoint that gets everything. */
export interface ForwardTarget {
  /** `http://jaeger:4318`; `/v1/traces` is added unless it is there. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes that may wait; 64 MiB by default. What does not fit is dropped and counted. */
  readonly maxBytes?: number
  /** Not what was received, as it comes, but the spans of stored timelines, with corrected times. */
  readonly corrected?: boolean
}

/** Numbers of one target, in spans. */
export interface ForwardStats {
  readonly url: string
  readonly sent: number
  readonly dropped: number
  readonly queued: number
  readonly lastError: string | null
}

const CONNECTIONS = 4
const FIRST_WAIT = 200
const LONGEST_WAIT = 30_000

const ROOM = 64 * 1024 * 1024

/** Sends bodies on, byte by byte as they came; tries again while the other side is away; never keeps the receiver waiting. */
export class Forwarder {
  readonly target: ForwardTarget
  private readonly agent: HttpAgent
  private readonly outbox: Outbox
  private readonly queue: Letter[] = []
  private bytes = 0
  private readonly sending = new Set<Promise<void>>()
  private failures = 0
  private counts = { sent: 0, dropped: 0, queued: 0 }
  private lastError: string | null = null
  private timer: NodeJS.Timeout | undefined
  private closed = false
  private whenIdle: (() => void)[] = []

  /** @param folder where what waits survives the end of the process; only in memory if left out */
  constructor(target: ForwardTarget, folder?: string) {
    this.target = target
    const options = { keepAlive: true, maxSockets: CONNECTIONS, timeout: TIMEOUT }
    this.agent = target.url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options)
    this.outbox = new Outbox(folder)
    const { letters, damaged } = this.outbox.left()
    for (const letter of letters) this.add(letter)
    if (damaged > 0) this.lastError = `${damaged} bytes that waited are damaged and are lost`
    this.pump()
  }

  /** Queues a body. @param spans how many are in it, for the counts */
  send(delivery: Letter['delivery'], spans: number): void {
    if (this.closed || this.bytes + delivery.received.length > (this.target.maxBytes ?? ROOM)) {
      this.counts.dropped += spans
      this.lastError = 'the buffer is full'
      return
    }
    this.add(this.kept(delivery, spans))
    this.pump()
  }

  /** A disk that is full is no reason not to send it. */
  private kept(delivery: Letter['delivery'], spans: number): Letter {
    try {
      return this.outbox.keep(delivery, spans)
    } catch (error) {
      this.lastError = `what waits is in memory only: ${(error as Error).message}`
      return { delivery, spans, segment: undefined }
    }
  }

  private add(letter: Letter): void {
    this.queue.push(letter)
    this.bytes += letter.delivery.received.length
    this.counts.queued += letter.spans
  }

  private pump(): void {
    while (this.timer === undefined && !this.closed && this.sending.size < (this.failures > 0 ? 1 : CONNECTIONS)) {
      const next = this.queue.shift()
      if (next === undefined) break
      const attempt: Promise<void> = this.attempt(next).finally(() => {
        this.sending.delete(attempt)
        this.pump()
      })
      this.sending.add(attempt)
    }
    if (this.sending.size === 0 && this.queue.length === 0) for (const tell of this.whenIdle.splice(0)) tell()
  }

  private async attempt(letter: Letter): Promise<void> {
    const result = await post(this.target, letter.delivery, this.agent)
    if (result.again) this.later(letter, result)
    else this.settle(letter, result)
  }

  private settle(letter: Letter, result: Result): void {
    this.bytes -= letter.delivery.received.length
    this.counts.queued -= letter.spans
    this.outbox.done(letter)
    const taken = result.taken ? letter.spans - Math.min(result.rejected ?? 0, letter.spans) : 0
    this.counts.sent += taken
    this.counts.dropped += letter.spans - taken
    if (result.taken) this.failures = 0
    if (result.error !== null) this.lastError = result.error
  }

  /**
   * Behind the others: it may be what the other side cannot stand. The wait doubles with each failure in a row, with jitter, unless the
   * other side says how long.
   */
  private later(letter: Letter, result: Result): void {
    this.queue.push(letter)
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
    return { url: withoutPassword(this.target.url), ...this.counts, lastError: this.lastError }
  }

  /** Resolves when nothing waits any more, or after so many ms. */
  async flush(ms = 5_000): Promise<void> {
    if (this.sending.size === 0 && this.queue.length === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.whenIdle.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Sends what it can within so many ms. The rest waits on disk for the next process; without a disk, or room on it, it is dropped and counted. */
  async close(ms = 2_000): Promise<void> {
    await this.flush(ms)
    this.closed = true
    this.agent.destroy()
    await Promise.all(this.sending)
    clearTimeout(this.timer)
    const lost = this.outbox.isKept ? this.outbox.close(this.queue) : this.queue.splice(0)
    for (const letter of lost) this.settle(letter, { taken: false, again: false, error: this.lastError ?? 'closed' })
  }
}

/** A target as people may see it. */
function withoutPassword(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null || (parsed.username === '' && parsed.password === '')) return url
  parsed.username = parsed.password = ''
  return parsed.href
}
