import { now } from '../../model/clock.ts'
import { encodeRequest, encodeSpan } from '../../otlp/encode.ts'
import { currentAnchor } from '../../otlp/encode-time.ts'
import { ProtoWriter } from '../../otlp/encode-writer.ts'
import type { Exit } from './exit.ts'
import type { Exporter } from './exporter.ts'
import type { AgentPhase, Scope } from '../phase.ts'
import type { TraceRecord } from '../record.ts'
import { counters, SAMPLED_COST } from '../stats.ts'

/** When and how much is sent at a time. */
export interface Batching {
  /** After so long at the latest, in ms. */
  readonly delay: number
  /** At so many bytes. */
  readonly bytes: number
  /** At so many spans. */
  readonly spans: number
}

const OURS: Scope = { name: 'phaseline', version: '' }
/** Writers kept for the next batch. */
const SPARE = 4

/** The spans of one instrumentation scope in the batch being filled. */
interface Section {
  readonly scope: Scope
  readonly writer: ProtoWriter
}

/** Records go straight to OTLP bytes, on the thread that made them: the CPU of a worker would count as well. */
export class FastExit implements Exit {
  private readonly exporter: Exporter
  private readonly resource: Uint8Array
  private readonly batching: Batching
  private readonly spare: ProtoWriter[] = []
  private main: ProtoWriter
  private others: Section[] = []
  private spans = 0
  private taken = 0
  private timer: NodeJS.Timeout | undefined = undefined

  constructor(exporter: Exporter, resource: Uint8Array, batching: Batching) {
    this.exporter = exporter
    this.resource = resource
    this.batching = batching
    this.main = this.writer()
  }

  private writer(): ProtoWriter {
    return this.spare.pop() ?? new ProtoWriter(this.batching.bytes + (32 << 10))
  }

  take(_record: TraceRecord, first: AgentPhase): void {
    if ((this.taken++ & (SAMPLED_COST - 1)) === 0) this.timed(first)
    else this.encode(first)
    if (this.main.at >= this.batching.bytes || this.spans >= this.batching.spans) this.ship()
    else this.timer ??= setTimeout(() => this.ship(), this.batching.delay).unref()
  }

  private timed(first: AgentPhase): void {
    const from = now()
    this.encode(first)
    counters.encodeMs += (now() - from) * SAMPLED_COST
  }

  private encode(first: AgentPhase): void {
    const zero = currentAnchor()
    let count = 0
    for (let phase: AgentPhase | undefined = first; phase !== undefined; count++) {
      const { next, scope }: AgentPhase = phase
      phase.next = undefined
      encodeSpan(scope === undefined ? this.main : this.section(scope), phase, zero)
      phase = next
    }
    counters.spans += count
    this.spans += count
  }

  private section(scope: Scope): ProtoWriter {
    let found = this.others.find((section) => section.scope === scope)
    if (found === undefined) this.others.push((found = { scope, writer: new ProtoWriter(4 << 10) }))
    return found.writer
  }

  /** Hands the batch to the exporter and begins the next one. */
  private ship(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.spans === 0) return
    const from = now()
    const { main, spans } = this
    const all: Section[] = main.at === 0 ? this.others : [{ scope: OURS, writer: main }, ...this.others]
    const scopes = all.map(({ scope, writer }) => ({ ...scope, spans: writer.written() }))
    this.main = this.writer()
    this.others = []
    this.spans = 0
    this.exporter.send({ parts: encodeRequest(this.resource, scopes), spans, done: () => this.reuse(main) })
    counters.sendMs += now() - from
  }

  private reuse(writer: ProtoWriter): void {
    writer.at = 0
    if (this.spare.length < SPARE) this.spare.push(writer)
  }

  flush(timeout: number): Promise<void> {
    this.ship()
    return this.exporter.flush(timeout)
  }

  lastGasp(): void {
    this.ship()
    this.exporter.lastGasp()
  }

  async shutdown(timeout: number): Promise<void> {
    await this.flush(timeout)
    await this.exporter.close()
  }
}
