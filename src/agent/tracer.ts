import {
  context as contextApi,
  SpanKind,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import { now } from '../model/clock.ts'
import { Label } from '../model/label.ts'
import type { SpanKind as Kind } from '../model/phases.ts'
import { baseOf, SUPPRESS_KEY, type PhaseContext } from './context.ts'
import type { AgentObserver } from './observer.ts'
import { AgentPhase, type Scope } from './phase.ts'
import { OwnSpan } from './span.ts'
import { fromApiTime } from './time.ts'

const KINDS: Readonly<Record<SpanKind, Kind>> = {
  [SpanKind.INTERNAL]: 'INTERNAL',
  [SpanKind.SERVER]: 'SERVER',
  [SpanKind.CLIENT]: 'CLIENT',
  [SpanKind.PRODUCER]: 'PRODUCER',
  [SpanKind.CONSUMER]: 'CONSUMER',
}

/** OpenTelemetry's API on our records: spans of the app and of other instrumentations become entries of the same record. */
export class AgentTracerProvider implements TracerProvider {
  private readonly observer: AgentObserver
  private readonly tracers = new Map<string, AgentTracer>()

  constructor(observer: AgentObserver) {
    this.observer = observer
  }

  getTracer(name: string, version: string = ''): Tracer {
    const key = `${name}@${version}`
    let tracer = this.tracers.get(key)
    if (tracer === undefined) this.tracers.set(key, (tracer = new AgentTracer(this.observer, { name, version })))
    return tracer
  }
}

class AgentTracer implements Tracer {
  private readonly observer: AgentObserver
  private readonly scope: Scope
  private readonly labels = new Map<string, Label>()

  constructor(observer: AgentObserver, scope: Scope) {
    this.observer = observer
    this.scope = scope
  }

  startSpan(name: string, options: SpanOptions = {}, context: Context = contextApi.active()): Span {
    const label = this.label(name, KINDS[options.kind ?? SpanKind.INTERNAL] ?? 'INTERNAL')
    const phase = this.begin(label, options, context)
    phase.scope = this.scope
    const span = (phase.span ??= new OwnSpan(phase))
    if (options.attributes !== undefined) span.setAttributes(options.attributes)
    if (options.links !== undefined) span.addLinks(options.links)
    return span
  }

  private begin(label: Label, { root = false, startTime }: SpanOptions, context: Context): AgentPhase {
    const { observer } = this
    const at = startTime === undefined ? now() : fromApiTime(startTime)
    const base = baseOf(context)
    if (context.getValue(SUPPRESS_KEY) === true) return new AgentPhase(observer.silent.record, label, undefined, at, base)
    const up = root ? undefined : observer.phaseOf(context as PhaseContext)
    if (up === undefined) return observer.openIn(base, label, undefined, at)
    // What is not recorded is still a span with an id of its own, as the API promises.
    return observer.under(up, label, at, base) ?? new AgentPhase(up.record, label, up, at, base)
  }

  /** Names should be few, but are the app's: the newest 500 are kept. */
  private label(name: string, kind: Kind): Label {
    const key = `${kind} ${name}`
    let label = this.labels.get(key)
    if (label === undefined) {
      if (this.labels.size >= 500) this.labels.delete(this.labels.keys().next().value as string)
      this.labels.set(key, (label = new Label(null, name, {}, kind)))
    }
    return label
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, context: Context, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const fn = rest.at(-1) as F
    const options = (rest.length > 1 ? rest[0] : undefined) as SpanOptions | undefined
    const context = (rest.length > 2 ? rest[1] : undefined) as Context | undefined
    const active = context ?? contextApi.active()
    const span = this.startSpan(name, options, active)
    return contextApi.with(trace.setSpan(active, span), fn as (span: Span) => ReturnType<F>, undefined, span)
  }
}
