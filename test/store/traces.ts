import type { Resource, Span, Value } from '../../src/model/span.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { summarise } from '../../src/stitch/summary.ts'
import type { StoredTrace } from '../../src/store/contract.ts'

/** What differs from an ordinary span. */
export interface Made {
  readonly parent?: number
  readonly name?: string
  readonly kind?: Span['kind']
  readonly service?: string
  /** ms after the start of the trace */
  readonly from?: number
  readonly to?: number
  readonly attributes?: Record<string, Value>
  readonly failed?: boolean
}

export const START = 1_700_000_000_000_000_000n

/** The trace id with this number. */
export function traceId(number: number): string {
  return number.toString(16).padStart(32, '0')
}

function spanId(number: number): string {
  return number.toString(16).padStart(16, '0')
}

/** The spans of a trace, numbered from 1; the first is the root, the parent of the others unless they say so (0: none). */
export function spansOf(number: number, made: readonly Made[], start: bigint = START): Span[] {
  const resources = new Map<string, Resource>()
  return made.map((one, index) => {
    const { service = 'shop', from = 0, to = 100 } = one
    const resource = resources.get(service) ?? { service, host: service, attributes: new Map([['service.name', service]]) }
    resources.set(service, resource)
    const parent = one.parent ?? (index === 0 ? undefined : 1)
    return {
      traceId: traceId(number),
      spanId: spanId(index + 1),
      parentSpanId: parent === undefined || parent === 0 ? null : spanId(parent),
      name: one.name ?? (index === 0 ? 'GET /books/:id' : 'work'),
      kind: one.kind ?? (index === 0 ? 'SERVER' : 'INTERNAL'),
      start: start + BigInt(Math.round(from * 1e6)),
      end: start + BigInt(Math.round(to * 1e6)),
      status: one.failed === true ? 'error' : 'unset',
      statusMessage: '',
      traceState: '',
      flags: 0,
      attributes: new Map(Object.entries(one.attributes ?? {})),
      events: [],
      links: [],
      resource,
      scope: { name: 'test', version: '', attributes: new Map() },
    }
  })
}

/** Spans as they go into a store. */
export function stored(spans: readonly Span[]): StoredTrace {
  const otlp = encodeSpans(spans)
  const timeline = read(otlp)
  return { timeline, summary: summarise(timeline), otlp }
}

/** What a store is given to make timelines again. */
export function read(otlp: Uint8Array): Timeline {
  return stitch(decodeSpans(otlp))
}
