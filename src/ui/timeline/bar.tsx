import type { VNode } from 'preact'
import { duration } from '../format.ts'
import { ownSegments, type Segment } from './segments.ts'
import { FLAG, type Trace } from './trace.ts'
import { position, type Range } from './zoom.ts'

/** A span with more pieces than this is drawn with only those that can be seen: the width of a wide screen. */
const PIECES = 2000

/** What is uncovered in these is nobody's work: a gap. What is uncovered in a view is the view's own work. */
const MADE_OF_OTHERS = new Set(['client', 'proxy', 'gateway', 'handler'])

const share = (value: number): string => `${(value * 100).toFixed(4)}%`

/** A piece of time as a box, undefined outside of what is shown. */
function place(range: Range, [start, end]: Segment): { left: string; width: string } | undefined {
  if (end < range.from || start > range.to) return undefined
  const left = Math.max(0, position(range, start))
  return { left: share(left), width: share(Math.min(1, position(range, end)) - left) }
}

interface PiecesProps {
  readonly pieces: readonly Segment[]
  readonly range: Range
  readonly name: string
  /** For pieces narrower than this share of what is shown: a hatching needs room. */
  readonly thinName?: string
}

/** Below it a piece is thin. */
const THIN = 0.008

function Pieces({ pieces, range, name, thinName = name }: PiecesProps): VNode {
  const thin = (range.to - range.from) / PIECES
  let reached = -Infinity
  const boxes = pieces.flatMap((piece) => {
    if (piece[1] < reached + thin) return []
    const box = place(range, piece)
    if (box !== undefined) reached = piece[1]
    return box === undefined ? [] : [{ box, thin: piece[1] - piece[0] < (range.to - range.from) * THIN }]
  })
  return (
    <>
      {boxes.map(({ box, thin: isThin }, index) => (
        <i key={index} class={isThin ? thinName : name} style={box} />
      ))}
    </>
  )
}

function own(trace: Trace, span: number): Segment[] {
  const found: Segment[] = []
  ownSegments(trace, span, (start, end) => found.push([start, end]))
  return found
}

interface BarProps {
  readonly trace: Trace
  readonly range: Range
  readonly span: number
  readonly gaps: readonly Segment[] | undefined
  readonly path: readonly Segment[] | undefined
}

/** Where a span was by its own clock: dashed, or an arrow to where it is out of the picture. */
function Sent({ range, sent: [start, length] }: { range: Range; sent: readonly [number, number] }): VNode {
  const box = place(range, [start, start + Math.max(0, length)])
  if (box !== undefined) return <i class="sent" style={box} title="as sent" />
  return start < range.from ? <i class="sent-before">◂</i> : <i class="sent-after">▸</i>
}

/** How long, where there is no column for it: behind the bar, before it, or on one that leaves no room beside it. */
function Near({ from, to, ns }: { from: number; to: number; ns: number }): VNode {
  if (to <= 0.66) return <Words at={{ left: share(Math.max(0, to)) }} ns={ns} />
  if (from >= 0.34) return <Words at={{ right: share(1 - Math.min(1, from)) }} ns={ns} />
  return <Words at={{ right: share(1 - Math.min(1, to)) }} ns={ns} on />
}

function Words({ at, ns, on = false }: { at: Record<string, string>; ns: number; on?: boolean }): VNode {
  return (
    <span class={on ? 'near on-bar' : 'near'} style={at}>
      {duration(ns)}
    </span>
  )
}

/** A span in time: solid where it worked itself, pale where its children did, hatched where nobody did; the critical path below. */
export function Bar({ trace, range, span, gaps, path }: BarProps): VNode {
  const start = trace.start[span] as number
  const end = start + (trace.duration[span] as number)
  const whole = place(range, [start, end])
  const parent = (trace.after[span] as number) > span + 1
  // Spans of others do not say what they are made of: there nothing counts as a gap.
  const made =
    ('gap' in trace.outline.phases && MADE_OF_OTHERS.has(trace.phase(span) ?? '')) ||
    ((trace.flags[span] as number) & FLAG.synthetic) !== 0
  const sent = trace.sent.get(span)
  return (
    <div class="bar-area">
      {sent !== undefined && <Sent range={range} sent={sent} />}
      {whole !== undefined && <i class={parent ? 'whole' : 'own'} style={whole} />}
      {parent && <Pieces pieces={own(trace, span)} range={range} name="own" />}
      {gaps !== undefined && made && <Pieces pieces={gaps} range={range} name="gap hatched" thinName="gap thin" />}
      {path !== undefined && <Pieces pieces={path} range={range} name="path" />}
      <Near from={position(range, start)} to={position(range, end)} ns={trace.duration[span] as number} />
    </div>
  )
}
