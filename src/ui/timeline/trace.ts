import type { LaneJson, OutlineJson } from '../../query/wire/outline.ts'

/** A timeline as the page works with it: typed columns, depth first, offsets in nanoseconds from the start. */
export interface Trace {
  readonly outline: OutlineJson
  /** How many spans. */
  readonly size: number
  /** Nanoseconds. */
  readonly total: number
  readonly lanes: readonly LaneJson[]
  readonly parent: Int32Array
  readonly depth: Int32Array
  /** For each span the index behind its last descendant. */
  readonly after: Int32Array
  readonly start: Float64Array
  readonly duration: Float64Array
  readonly self: Float64Array
  readonly flags: Uint8Array
  readonly lane: Int32Array
  readonly spanId: (span: number) => string
  /** The first span with this id, -1 for none. */
  readonly spanOf: (id: string) => number
  readonly name: (span: number) => string
  readonly phase: (span: number) => string | null
  readonly service: (span: number) => string
  /** The middleware whose hook the span is, the same text for all its hooks; null for other spans. */
  readonly middleware: (span: number) => string | null
  /** Of spans that are not drawn where they were sent: start and duration as sent, nanoseconds. */
  readonly sent: ReadonlyMap<number, readonly [start: number, duration: number]>
  readonly warnings: ReadonlyMap<number, readonly string[]>
}

/** Bits of `flags`. */
export const FLAG: Readonly<Record<'error' | 'synthetic' | 'inFlight' | 'skewed', number>> = {
  error: 1,
  synthetic: 2,
  inFlight: 4,
  skewed: 8,
}

function depths(parent: Int32Array): Int32Array {
  const depth = new Int32Array(parent.length)
  for (let span = 0; span < parent.length; span++) {
    const above = parent[span] as number
    if (above >= 0) depth[span] = (depth[above] as number) + 1
  }
  return depth
}

/** Where each subtree ends. Backwards, because a child comes after its parent. */
function ends(parent: Int32Array): Int32Array {
  const after = new Int32Array(parent.length)
  for (let span = parent.length - 1; span >= 0; span--) {
    after[span] = Math.max(after[span] as number, span + 1)
    const above = parent[span] as number
    if (above >= 0) after[above] = Math.max(after[above] as number, after[span] as number)
  }
  return after
}

/** Digits of a span id. */
const ID = 16

/** Where an id begins in the text of all ids: at a multiple of its length. */
function spanWith(ids: string, id: string): number {
  if (id.length !== ID) return -1
  let at = ids.indexOf(id)
  while (at >= 0 && at % ID !== 0) at = ids.indexOf(id, at + 1)
  return at < 0 ? -1 : at / ID
}

function sentTimes({ sent, spans }: OutlineJson): Trace['sent'] {
  return new Map(
    sent.flatMap(([later, longer, all]) =>
      all.map((span) => [span, [(spans.start[span] as number) + later, (spans.duration[span] as number) + longer]] as const),
    ),
  )
}

/** Turns what the API gave into columns. 100,000 spans: about 5 MB. */
export function readTrace(outline: OutlineJson): Trace {
  const { spans, strings } = outline
  const parent = Int32Array.from(spans.parent)
  const text = (column: number[]) => (span: number) => strings[column[span] as number] ?? ''
  const textOrNull = (column: number[]) => (span: number) => strings[column[span] as number] ?? null
  return {
    outline,
    size: parent.length,
    total: Number(outline.durationNs),
    lanes: outline.lanes,
    parent,
    depth: depths(parent),
    after: ends(parent),
    start: Float64Array.from(spans.start),
    duration: Float64Array.from(spans.duration),
    self: Float64Array.from(spans.self),
    flags: Uint8Array.from(spans.flags),
    lane: Int32Array.from(spans.lane),
    spanId: (span) => spans.ids.slice(span * ID, span * ID + ID),
    spanOf: (id) => spanWith(spans.ids, id),
    name: text(spans.name),
    phase: textOrNull(spans.phase),
    service: text(spans.service),
    middleware: textOrNull(spans.middleware),
    sent: sentTimes(outline),
    warnings: new Map(outline.warned.flatMap(([warnings, all]) => all.map((span) => [span, warnings] as const))),
  }
}

/** The children of a span, in order. */
export function* children(trace: Pick<Trace, 'after'>, span: number): Generator<number> {
  const end = trace.after[span] as number
  for (let child = span + 1; child < end; child = trace.after[child] as number) yield child
}
