import { OWN } from '../../src/model/attributes.ts'
import type { SpanKind } from '../../src/model/phases.ts'
import type { Span, SpanLink, Value } from '../../src/model/span.ts'
import type { Timeline, TimelineSpan } from '../../src/model/timeline.ts'
import { stitch } from '../../src/stitch/stitch.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'

/** What a test says of a span; its id is its name, and may be any text. */
export interface Sketch {
  readonly parent?: string | null
  readonly at: readonly [start: number, end: number]
  readonly kind?: SpanKind
  readonly service?: string
  readonly host?: string
  readonly phase?: string
  readonly name?: string
  readonly attributes?: Readonly<Record<string, Value>>
  /** It follows from this span. */
  readonly follows?: string
  readonly status?: Span['status']
  readonly shared?: boolean
  readonly inFlight?: boolean
  readonly traceId?: string
}

/** A received span. Times are nanoseconds. */
export function span(id: string, sketch: Sketch): Span {
  const { service = 'app', host = service, traceId = TRACE, phase, inFlight } = sketch
  const attributes = new Map<string, Value>(Object.entries(sketch.attributes ?? {}))
  if (phase !== undefined) attributes.set(OWN.phase, phase)
  if (inFlight === true) attributes.set(OWN.inFlight, true)
  return {
    traceId,
    spanId: id,
    parentSpanId: sketch.parent ?? null,
    name: sketch.name ?? id,
    kind: sketch.kind ?? 'INTERNAL',
    start: BigInt(sketch.at[0]),
    end: BigInt(sketch.at[1]),
    status: sketch.status ?? 'unset',
    statusMessage: '',
    traceState: '',
    flags: 1,
    attributes,
    events: [],
    links: sketch.follows === undefined ? [] : [followsFrom(sketch.follows, traceId)],
    resource: { service, host, attributes: new Map() },
    scope: { name: '', version: '', attributes: new Map() },
    shared: sketch.shared ?? false,
  }
}

function followsFrom(spanId: string, traceId: string): SpanLink {
  return { traceId, spanId, attributes: new Map(), traceState: '', type: 'follows_from' }
}

/** A trace by the sketches of its spans. */
export function trace(sketches: Readonly<Record<string, Sketch>>): Span[] {
  return Object.entries(sketches).map(([id, sketch]) => span(id, sketch))
}

/** The timeline of a sketched trace. */
export function timelineOf(sketches: Readonly<Record<string, Sketch>>): Timeline {
  return stitch(trace(sketches))
}

/** A span of a timeline by its id. Throws if it is not there, or there twice. */
export function at(timeline: Timeline, id: string): TimelineSpan {
  const found = timeline.spans.filter(({ spanId }) => spanId === id)
  if (found.length !== 1) throw new Error(`${found.length} spans ${id}`)
  return found[0] as TimelineSpan
}

/** The critical path as a sentence: `root 0-10, child 10-20`. */
export function path(timeline: Timeline): string {
  return timeline.criticalPath.map(({ spanId, start, end }) => `${spanId} ${start}-${end}`).join(', ')
}

/** One figure of each span, by id. */
export function figures(timeline: Timeline, figure: 'selfNs' | 'criticalNs' | 'slackNs' | 'dragNs'): Record<string, number> {
  return Object.fromEntries(timeline.spans.map((one) => [one.spanId, Number(one[figure])]))
}

/** The tree as a sentence, depth first: `root(child(grandchild) child)`. */
export function tree({ spans }: Timeline): string {
  let text = ''
  let depth = -1
  for (const one of spans) {
    text += one.depth > depth ? '('.repeat(depth < 0 ? 0 : 1) : `${')'.repeat(depth - one.depth)} `
    text += one.spanId
    ;({ depth } = one)
  }
  return text + ')'.repeat(Math.max(0, depth))
}
