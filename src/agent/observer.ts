import { ROOT_CONTEXT, trace, type Context, type SpanContext } from '@opentelemetry/api'
import { now } from '../model/clock.ts'
import { Label } from '../model/label.ts'
import type { Observer, Phase } from '../model/observer.ts'
import type { RemoteParent } from '../model/traceparent.ts'
import { baseOf, Overlay, SPAN_KEY, SUPPRESS_KEY, type PhaseContext } from './context.ts'
import { AgentPhase } from './phase.ts'
import { TraceRecord, type Keeper } from './record.ts'
import type { Sampler } from './sampler.ts'
import { servedBy } from './served.ts'
import { PhaseSpan } from './span.ts'
import type { Storage } from './storage.ts'
import { trouble } from './trouble.ts'

/** After so many phases more, those that have ended leave a record: a stream of a day does not fill the memory. A power of 2. */
const SPILL = 1_024
const ELSEWHERE = new Label(null, 'elsewhere')

/** Makes records of what the producers publish. */
export class AgentObserver implements Observer {
  private readonly keeper: Keeper
  private readonly sampler: Sampler
  private readonly storage: Storage
  /** Whether requests that are not sampled are recorded too: for metrics, and to decide at their end. */
  private readonly all: boolean
  /** What the agent itself does and what `suppressTracing` covers: neither recorded nor propagated. */
  readonly silent: AgentPhase

  constructor(keeper: Keeper, sampler: Sampler, storage: Storage, all = false) {
    this.keeper = keeper
    this.sampler = sampler
    this.storage = storage
    this.all = all
    const record = new TraceRecord(keeper)
    record.silent = true
    this.silent = new AgentPhase(record, ELSEWHERE, undefined, 0, undefined)
  }

  /** What the app has put into the context of a call (baggage) goes with it. */
  open(label: Label, remote?: RemoteParent, at: number = now()): AgentPhase {
    const store = this.storage.getStore()
    if (store === undefined) return this.openIn(undefined, label, remote, at)
    if (label.spanKind === 'CLIENT') return this.openIn(baseOf(store), label, remote, at)
    const server = servedBy(store)
    // Otherwise what a request comes in with is none of the server's own.
    return server === undefined ? this.openIn(undefined, label, remote, at) : this.openIn(baseOf(store), label, server, at)
  }

  /** The same in a context that is known. */
  openIn(base: Context | undefined, label: Label, remote: RemoteParent | undefined, at: number): AgentPhase {
    const record = new TraceRecord(this.keeper)
    if (remote === undefined) record.start()
    else record.follow(remote)
    record.sampled = this.decide(record, label, remote)
    record.recorded = record.sampled || this.all
    return this.first(record, label, undefined, at, base)
  }

  /** The sampler may be the app's: if it throws, the request is not recorded. */
  private decide({ trace0, trace1, trace2, trace3 }: TraceRecord, label: Label, remote: RemoteParent | undefined): boolean {
    try {
      return this.sampler(remote, trace0, trace1, trace2, trace3, label)
    } catch (error) {
      trouble('the sampler', error)
      return false
    }
  }

  /** The first phase of a record. */
  private first(record: TraceRecord, label: Label, up: AgentPhase | undefined, at: number, base?: Context): AgentPhase {
    const phase = new AgentPhase(record, label, up, at, base)
    record.root = phase
    record.open = 1
    if (record.recorded) this.keeper.admit(record)
    return phase
  }

  begin(label: Label, parent?: Phase, at?: number): AgentPhase | undefined {
    if (parent !== undefined) return this.under(parent as AgentPhase, label, at ?? now(), (parent as AgentPhase).base)
    const store = this.storage.getStore() as PhaseContext | undefined
    if (store === undefined) return undefined
    const up = this.phaseOf(store)
    if (up === undefined) return undefined
    return this.under(up, label, at ?? now(), up === store ? up.base : baseOf(store))
  }

  /** A phase under another; in a record of its own, with the same trace, if the other's has left. */
  under(up: AgentPhase, label: Label, at: number, base: Context | undefined): AgentPhase | undefined {
    const { record } = up
    if (record === undefined || !record.recorded) return undefined
    if (record.left) return this.continued(up, label, at, base)
    record.open++
    if ((record.count & (SPILL - 1)) === SPILL - 1) record.keeper.spill(record)
    return new AgentPhase(record, label, up, at, base)
  }

  private continued(up: AgentPhase, label: Label, at: number, base: Context | undefined): AgentPhase {
    const record = new TraceRecord(this.keeper)
    record.share(up.record)
    record.recorded = true
    return this.first(record, label, up, at, base)
  }

  current(): AgentPhase | undefined {
    const store = this.storage.getStore() as PhaseContext | undefined
    return store === undefined ? undefined : this.phaseOf(store)
  }

  /** The phase that a context belongs to. */
  phaseOf(store: PhaseContext): AgentPhase | undefined {
    const { phase } = store
    if (phase !== undefined && phase !== null) return phase
    return phase === undefined && store instanceof Overlay ? undefined : this.lookedFor(store)
  }

  /** Of a context that is the API's own, or that has a span of somebody else, or where tracing is suppressed. */
  private lookedFor(store: Context): AgentPhase | undefined {
    if (store === ROOT_CONTEXT) return undefined
    if (store.getValue(SUPPRESS_KEY) === true) return this.silent
    const span = store.getValue(SPAN_KEY)
    return span instanceof PhaseSpan ? span.phase : this.elsewhere(trace.getSpanContext(store))
  }

  /** Stands for a span that is not of our making: what begins under it is in its trace, and it itself is never sent. */
  private elsewhere(context: SpanContext | undefined): AgentPhase | undefined {
    if (context === undefined || !trace.isSpanContextValid(context)) return undefined
    const record = new TraceRecord(this.keeper)
    record.follow({ ...context, sampled: true, traceState: context.traceState?.serialize() })
    record.span0 = record.remote0
    record.span1 = record.remote1
    record.sampled = (context.traceFlags & 1) === 1
    record.recorded = record.sampled || this.all
    record.left = true
    return new AgentPhase(record, ELSEWHERE, undefined, 0, undefined)
  }

  run<This, Args extends unknown[], Result>(
    phase: Phase,
    fn: (this: This, ...args: Args) => Result,
    self: This,
    ...args: Args
  ): Result {
    const store = phase as AgentPhase
    if (self === undefined) return this.storage.run(store, fn, ...args)
    return this.storage.run(store, call<This, Args, Result>, fn, self, args)
  }
}

function call<This, Args extends unknown[], Result>(fn: (this: This, ...args: Args) => Result, self: This, args: Args): Result {
  return Reflect.apply<This, Args, Result>(fn, self, args)
}
