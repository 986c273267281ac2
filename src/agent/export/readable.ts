import {
  SpanKind,
  type Attributes as ApiAttributes,
  type AttributeValue as ApiValue,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api'
import type { AttributeValue } from '../../model/attributes.ts'
import { epochNanos } from '../../model/clock.ts'
import { hex32 } from '../../model/ids.ts'
import { constantAttributes } from '../../otlp/encode-label.ts'
import type { AgentPhase, Scope } from '../phase.ts'
import { fromApiTime } from '../time.ts'
import { traceStateOf } from '../trace-state.ts'

/** What the SDK's processors and exporters want of a resource. */
export interface SdkResource {
  readonly attributes: Readonly<Record<string, unknown>>
  /** The same before they are all known, promises among them; the first of a name counts. */
  getRawAttributes?(): readonly (readonly [string, unknown])[]
}

interface TimedEvent {
  readonly name: string
  readonly time: HrTime
  readonly attributes: ApiAttributes
  readonly droppedAttributesCount: number
}

const OURS: Scope = { name: 'phaseline', version: '' }
const NANOS = 1_000_000_000n

/**
 * A phase that is over, as OpenTelemetry's SDK passes spans around (its `ReadableSpan`). It can still be written on, because
 * processors add attributes in `onStart`.
 */
export class ReadablePhase {
  name: string
  readonly kind: SpanKind
  readonly parentSpanContext: SpanContext | undefined
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly duration: HrTime
  /** The code as OTLP and the API number it. */
  status: { code: number; message?: string }
  readonly attributes: Record<string, AttributeValue>
  readonly links: Link[]
  readonly events: TimedEvent[]
  ended = false
  readonly resource: SdkResource
  readonly instrumentationScope: Scope
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
  private readonly own: SpanContext
  private readonly zero: number

  /** @param zero the clock's origin, as in `epochNanos` */
  constructor(phase: AgentPhase, resource: SdkResource, zero: number) {
    const { label, extra, status, scope = OURS } = phase
    this.zero = zero
    this.own = contextOf(phase)
    this.parentSpanContext = parentOf(phase)
    this.name = extra?.name ?? label.name
    this.kind = SpanKind[label.spanKind]
    const [start, end] = [epochNanos(phase.started, zero), epochNanos(phase.ended, zero)]
    this.startTime = hrTime(start)
    this.endTime = hrTime(end)
    this.duration = hrTime(end - start)
    this.status = {
      code: status,
      ...(extra !== undefined && extra.statusMessage !== '' ? { message: extra.statusMessage } : {}),
    }
    this.attributes = { ...constantAttributes(label), ...phase.shared?.attributes, ...pairs(phase.attributes) }
    this.links = (extra?.links ?? []).map(({ traceId, spanId, attributes }) => ({
      context: { traceId, spanId, traceFlags: 1 },
      attributes: attributes as ApiAttributes,
    }))
    this.events = []
    for (const { name, time, attributes } of extra?.events ?? []) this.addEvent(name, attributes, time)
    this.resource = resource
    this.instrumentationScope = scope
    this.droppedAttributesCount = extra?.droppedAttributes ?? 0
    this.droppedEventsCount = extra?.droppedEvents ?? 0
    this.droppedLinksCount = extra?.droppedLinks ?? 0
  }

  spanContext(): SpanContext {
    return this.own
  }

  setAttribute(key: string, value: ApiValue): this {
    if (value !== undefined && value !== null) this.attributes[key] = value as AttributeValue
    return this
  }

  setAttributes(attributes: ApiAttributes): this {
    for (const key in attributes) this.setAttribute(key, attributes[key])
    return this
  }

  addEvent(name: string, attributes: ApiAttributes = {}, time?: TimeInput): this {
    this.events.push({ name, time: hrTime(epochNanos(fromApiTime(time), this.zero)), attributes, droppedAttributesCount: 0 })
    return this
  }

  addLink(link: Link): this {
    this.links.push(link)
    return this
  }

  addLinks(links: Link[]): this {
    this.links.push(...links)
    return this
  }

  setStatus(status: SpanStatus): this {
    this.status = status
    return this
  }

  updateName(name: string): this {
    this.name = name
    return this
  }

  recordException(): void {}

  end(): void {}

  isRecording(): boolean {
    return !this.ended
  }
}

function contextOf({ traceId, spanId, record }: AgentPhase): SpanContext {
  return { traceId, spanId, traceFlags: 1, ...traceStateOf(record.traceState) }
}

function parentOf({ up, record }: AgentPhase): SpanContext | undefined {
  if (up !== undefined) return { ...contextOf(up), isRemote: false }
  if ((record.remote0 | record.remote1) === 0) return undefined
  const spanId = hex32(record.remote0) + hex32(record.remote1)
  return { traceId: record.traceId, spanId, traceFlags: 1, isRemote: true, ...traceStateOf(record.traceState) }
}

function pairs(flat: readonly unknown[] = []): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  for (let i = 0; i < flat.length; i += 2) attributes[flat[i] as string] = flat[i + 1] as AttributeValue
  return attributes
}

function hrTime(nanos: bigint): HrTime {
  return [Number(nanos / NANOS), Number(nanos % NANOS)]
}
