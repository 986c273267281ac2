import type { Baggage, Context } from '@opentelemetry/api'
import { OWN, type AttributeValue, type SharedAttributes } from '../model/attributes.ts'
import { now } from '../model/clock.ts'
import { errorType } from '../model/errors.ts'
import { hex32 } from '../model/ids.ts'
import type { Label } from '../model/label.ts'
import type { Phase, Progress } from '../model/observer.ts'
import { formatTraceparent } from '../model/traceparent.ts'
import type { EncodableEvent, EncodableExtra, EncodableLink, EncodableSpan } from '../otlp/encode.ts'
import { formatBaggage, parseBaggage } from './baggage.ts'
import { BAGGAGE_KEY, Overlay, SPAN_KEY, withEntry, type PhaseContext } from './context.ts'
import { nodeStorage, type Frame } from './frames.ts'
import { clip, limits } from './limits.ts'
import { TraceRecord } from './record.ts'
import { PhaseSpan } from './span.ts'

/** The end of a phase that has not ended. Times before the process started are negative, so no other number would do. */
export const OPEN: number = -Infinity

/** An instrumentation scope of OpenTelemetry: who made a span. */
export interface Scope {
  readonly name: string
  readonly version: string
}

/** What few phases have. */
export interface Extra extends EncodableExtra {
  name: string | undefined
  statusMessage: string
  events: EncodableEvent[]
  links: EncodableLink[]
  droppedAttributes: number
  droppedEvents: number
  droppedLinks: number
}

/**
 * A phase of a recorded request. The same object is what AsyncLocalStorage holds and what OpenTelemetry takes for its
 * Context, so that `context.active()` and `trace.getActiveSpan()` need nothing to be built; and it is the frame that Node keeps
 * for asynchronous work, with itself as the only entry, so that making it current needs nothing either.
 */
export class AgentPhase implements Phase, PhaseContext, EncodableSpan, Frame {
  readonly record: TraceRecord
  readonly index: number
  readonly up: AgentPhase | undefined
  label: Label
  readonly started: number
  ended: number = OPEN
  attributes: unknown[] | undefined = undefined
  /** Further attributes; none of them is among the phase's own. */
  shared: SharedAttributes | undefined = undefined
  status = 0
  extra: Extra | undefined = undefined
  /** The scope of a span made through the API; undefined: ours. */
  scope: Scope | undefined = undefined
  /** What was in the context besides spans when this phase began. */
  base: Context | undefined
  span: PhaseSpan | undefined = undefined
  /** The phase that what runs as this one is part of, once it was handed over. */
  heir: AgentPhase | undefined = undefined
  /** The phase of the record that began after this one. */
  next: AgentPhase | undefined = undefined

  constructor(record: TraceRecord, label: Label, up: AgentPhase | undefined, started: number, base: Context | undefined) {
    this.record = record
    this.index = record.count++
    this.up = up
    this.label = label
    this.started = started
    this.base = base
    if (!record.recorded) return
    if (record.last === undefined) record.first = this
    else record.last.next = this
    record.last = this
  }

  get phase(): AgentPhase {
    return this.heir === undefined ? this : this.heir.phase
  }

  handOver(to: Phase): void {
    if (to !== this) this.heir = to as AgentPhase
  }

  get recording(): boolean {
    return this.record.recorded
  }

  get traceId(): string {
    return this.record.traceId
  }

  get spanId(): string {
    return hex32(this.record.span0) + hex32(this.record.span1 + this.index)
  }

  get baggage(): string | undefined {
    return this.record.baggage
  }

  set baggage(header: string | undefined) {
    this.record.baggage = header
  }

  set(key: string, value: AttributeValue): void {
    const { record, shared } = this
    if (!record.recorded || record.left) return
    if (shared !== undefined && key in shared.attributes) this.unshare()
    const clipped = clip(value)
    const { attributes } = this
    if (attributes === undefined) this.attributes = [key, clipped]
    else this.add(attributes, key, clipped)
  }

  share(shared: SharedAttributes): void {
    const { record, attributes } = this
    if (!record.recorded || record.left) return
    const room = limits.valueLength === Infinity && limits.attributes >= shared.size
    if (room && attributes === undefined && this.shared === undefined) this.shared = shared
    else {
      this.unshare()
      this.setAll(shared)
    }
  }

  /** What was shared becomes the phase's own. */
  private unshare(): void {
    const { shared } = this
    this.shared = undefined
    if (shared !== undefined) this.setAll(shared)
  }

  private setAll({ attributes }: SharedAttributes): void {
    for (const key in attributes) this.set(key, attributes[key] as AttributeValue)
  }

  private add(attributes: unknown[], key: string, value: AttributeValue): void {
    for (let i = 0; i < attributes.length; i += 2) {
      if (attributes[i] === key) return void (attributes[i + 1] = value)
    }
    if (attributes.length >= 2 * (limits.attributes - (this.shared?.size ?? 0))) this.more().droppedAttributes++
    else attributes.push(key, value)
  }

  relabel(label: Label): void {
    this.label = label
  }

  fail(error: unknown): void {
    // The first failure is the cause, what follows from it (a status of 500) is not.
    if (this.status === 2) return
    this.status = 2
    this.set('error.type', errorType(error))
  }

  end(at: number = now()): void {
    if (this.ended !== OPEN) return
    this.ended = at > this.started ? at : this.started
    const { record } = this
    if (!record.recorded || record.left) return
    if (--record.open === 0) record.keeper.leave(record)
    else if (this === record.root) record.keeper.linger(record)
  }

  before(label: Label, from: number, to: number): AgentPhase | undefined {
    const { record } = this
    if (!record.recorded || record.left) return undefined
    const beside = (record.remote0 | record.remote1) !== 0 && this === record.root
    const phase = new AgentPhase(record, label, beside ? this.up : this, from, undefined)
    phase.ended = to > from ? to : from
    return phase
  }

  outlive(label: Label, at: number = now()): AgentPhase | undefined {
    const { record } = this
    if (!record.recorded) return undefined
    const stream = new TraceRecord(record.keeper)
    stream.share(record)
    stream.recorded = true
    record.stream = stream
    const phase = new AgentPhase(stream, label, this, at, this.base)
    stream.root = phase
    stream.open = 1
    stream.keeper.admit(stream)
    return phase
  }

  propagate(): { traceparent: string; tracestate?: string | undefined; baggage?: string | undefined } {
    const { record } = this
    if (record.silent) return { traceparent: '' }
    const traceparent = formatTraceparent(record.traceId, this.spanId, record.sampled)
    return { traceparent, tracestate: record.traceState, baggage: this.outgoingBaggage() }
  }

  progress(): Progress[] {
    const phases: Progress[] = []
    for (let phase = this.record.first; phase !== undefined; phase = phase.next) {
      const { label, started, ended, depth, outcome } = phase
      phases.push({ label, started, ended: ended === OPEN ? undefined : ended, depth, outcome })
    }
    return phases
  }

  private get depth(): number {
    let depth = 0
    for (let { up } = this; up?.record === this.record; up = up.up) depth++
    return depth
  }

  private get outcome(): string | undefined {
    const { attributes = [] } = this
    const failed = attributes.indexOf('error.type')
    const at = failed >= 0 ? failed : attributes.indexOf(OWN.outcome)
    return at < 0 ? undefined : String(attributes[at + 1])
  }

  private outgoingBaggage(): string | undefined {
    const own = this.base?.getValue(BAGGAGE_KEY) as Baggage | undefined
    return own === undefined ? this.record.baggage : formatBaggage(own)
  }

  /** What few phases have, made when it is first needed. */
  more(): Extra {
    return (this.extra ??= {
      name: undefined,
      statusMessage: '',
      events: [],
      links: [],
      droppedAttributes: 0,
      droppedEvents: 0,
      droppedLinks: 0,
    })
  }

  getValue(key: symbol): unknown {
    if (this.heir !== undefined) return this.heir.getValue(key)
    if (key === SPAN_KEY) return (this.span ??= new PhaseSpan(this))
    if (this.base !== undefined) {
      const value = this.base.getValue(key)
      if (value !== undefined) return value
    }
    if (key === BAGGAGE_KEY && this.record.baggage !== undefined) return parseBaggage(this.record.baggage)
    return undefined
  }

  setValue(key: symbol, value: unknown): Context {
    return withEntry(this, key, value)
  }

  deleteValue(key: symbol): Context {
    return new Overlay(this, key, undefined)
  }

  get size(): number {
    return 1
  }

  has(storage: object): boolean {
    return storage === nodeStorage
  }

  get(storage: object): this | undefined {
    return storage === nodeStorage ? this : undefined
  }

  disable(): void {}

  [Symbol.iterator](): Iterator<[object, unknown]> {
    return [[nodeStorage, this] as [object, unknown]].values()
  }
}
