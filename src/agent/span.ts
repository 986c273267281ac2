import {
  SpanStatusCode,
  type Attributes as ApiAttributes,
  type AttributeValue as ApiValue,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api'
import type { AttributeValue } from '../model/attributes.ts'
import { errorType } from '../model/errors.ts'
import { now } from '../model/clock.ts'
import { clip, limits } from './limits.ts'
import type { AgentPhase } from './phase.ts'
import { fromApiTime } from './time.ts'
import { traceStateOf } from './trace-state.ts'

/** As OTLP and the API number it. */
const OK = 1

/**
 * A phase as OpenTelemetry's API sees it: made only when somebody asks for the active span. Ending it does nothing, because
 * whoever began the phase ends it.
 */
export class PhaseSpan implements Span {
  readonly phase: AgentPhase
  private known: SpanContext | undefined = undefined

  constructor(phase: AgentPhase) {
    this.phase = phase
  }

  spanContext(): SpanContext {
    return (this.known ??= contextOf(this.phase))
  }

  setAttribute(key: string, value: ApiValue): this {
    if (this.isRecording() && typeof key === 'string' && key !== '') {
      if (value !== undefined && value !== null) this.phase.set(key, value as AttributeValue)
    }
    return this
  }

  setAttributes(attributes: ApiAttributes): this {
    for (const key in attributes) this.setAttribute(key, attributes[key])
    return this
  }

  addEvent(name: string, attributesOrTime?: ApiAttributes | TimeInput, time?: TimeInput): this {
    if (!this.isRecording()) return this
    const bare = isTime(attributesOrTime)
    const extra = this.phase.more()
    if (extra.events.length >= limits.events) extra.droppedEvents++
    else {
      const at = fromApiTime(bare ? attributesOrTime : time)
      extra.events.push({ name, time: at, attributes: bare ? {} : clean(attributesOrTime) })
    }
    return this
  }

  addLink({ context, attributes }: Link): this {
    if (!this.isRecording()) return this
    const extra = this.phase.more()
    const traceState = context.traceState?.serialize()
    if (extra.links.length >= limits.links) extra.droppedLinks++
    else extra.links.push({ traceId: context.traceId, spanId: context.spanId, traceState, attributes: clean(attributes) })
    return this
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link)
    return this
  }

  /** By the specification: `Ok` is final, and `Unset` changes nothing. */
  setStatus({ code, message }: SpanStatus): this {
    const { phase } = this
    if (!this.isRecording() || code === SpanStatusCode.UNSET || phase.status === OK) return this
    phase.status = code
    if (code === SpanStatusCode.ERROR && message !== undefined) phase.more().statusMessage = message
    return this
  }

  updateName(name: string): this {
    if (this.isRecording()) this.phase.more().name = name
    return this
  }

  end(_time?: TimeInput): void {}

  isRecording(): boolean {
    return this.phase.ended === -Infinity && this.phase.recording
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const { message, stack } = typeof exception === 'string' ? { message: exception, stack: undefined } : exception
    const attributes: ApiAttributes = { 'exception.type': typeof exception === 'string' ? 'string' : errorType(exception) }
    if (message !== undefined) attributes['exception.message'] = message
    if (stack !== undefined) attributes['exception.stacktrace'] = stack
    this.addEvent('exception', attributes, time)
  }
}

/** A span that somebody made through the API: it ends when they say so. */
export class OwnSpan extends PhaseSpan {
  override end(time?: TimeInput): void {
    this.phase.end(time === undefined ? now() : fromApiTime(time))
  }
}

function contextOf(phase: AgentPhase): SpanContext {
  const { traceId, spanId, record } = phase
  const traceFlags = record.sampled ? 1 : 0
  return { traceId, spanId, traceFlags, ...traceStateOf(record.traceState) }
}

function isTime(value: unknown): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || Array.isArray(value)
}

/** Attributes without what has no value. */
function clean(attributes: ApiAttributes = {}): Record<string, AttributeValue> {
  const kept: Record<string, AttributeValue> = {}
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) kept[key] = clip(value as AttributeValue)
  }
  return kept
}
