import type { VNode } from 'preact'
import { duration } from '../format.ts'
import { phaseLook } from '../phases.ts'
import { warningWords } from '../words.ts'
import { ownSegments, type Segment } from './segments.ts'
import type { Act, View } from './state.ts'
import { FLAG, type Trace } from './trace.ts'
import { position, type Range } from './zoom.ts'

/** Pixels by level; deep traces get fewer, so that names stay in sight. */
const INDENT = 14
const WIDEST = 12 * INDENT
/** A span with more pieces than this is drawn with only those that can be seen: the width of a wide screen. */
const PIECES = 2000

/** What is uncovered in these is nobody's work: a gap. What is uncovered in a view is the view's own work. */
const MADE_OF_OTHERS = new Set(['client', 'proxy', 'gateway', 'handler'])

/** Waiting for somebody else: pale, so that what was done meanwhile stands out. */
const WAITS = new Set(['client.ttfb', 'proxy.wait'])

interface Props {
  readonly view: View
  readonly span: number
  readonly at: number
  readonly gaps: readonly Segment[] | undefined
  readonly path: readonly Segment[] | undefined
  readonly found: boolean
  readonly same: boolean
  readonly onOver: (span: number) => void
  readonly dispatch: (act: Act) => void
}

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

function Bar({ view, span, gaps, path }: Props): VNode {
  const { trace, range } = view
  const start = trace.start[span] as number
  const end = start + (trace.duration[span] as number)
  const whole = place(range, [start, end])
  const parent = (trace.after[span] as number) > span + 1
  const made = MADE_OF_OTHERS.has(trace.phase(span) ?? '') || ((trace.flags[span] as number) & FLAG.synthetic) !== 0
  const x = position(range, end)
  return (
    <div class="bar-area">
      {whole !== undefined && <i class={parent ? 'whole' : 'own'} style={whole} />}
      {parent && <Pieces pieces={own(trace, span)} range={range} name="own" />}
      {gaps !== undefined && made && <Pieces pieces={gaps} range={range} name="gap hatched" thinName="gap thin" />}
      {path !== undefined && <Pieces pieces={path} range={range} name="path" />}
      <span
        class="near"
        style={x > 0.66 ? { right: share(1 - Math.max(0, position(range, start))) } : { left: share(Math.max(0, x)) }}
      >
        {duration(trace.duration[span] as number)}
      </span>
    </div>
  )
}

/** `SecurityMiddleware process_request`: the name in front, its hook quieter. */
function Text({ text, phase }: { text: string; phase: string | null }): VNode {
  const cut = phase?.startsWith('middleware') === true ? text.lastIndexOf(' ') : -1
  return (
    <span class="text" title={text}>
      {cut < 0 ? text : text.slice(0, cut)}
      {cut >= 0 && <small>{text.slice(cut)}</small>}
    </span>
  )
}

function Marks({ trace, span }: { trace: Trace; span: number }): VNode {
  const warnings = trace.warnings.get(span)?.map((warning) => warningWords(warning).title)
  return (
    <>
      {((trace.flags[span] as number) & FLAG.error) !== 0 && <span class="mark pill tone-bad">error</span>}
      {warnings !== undefined && (
        <span class="mark tone-warn" role="img" aria-label={warnings.join(', ')} title={warnings.join('\n')}>
          ⚠
        </span>
      )}
    </>
  )
}

function Twist({ view, span, dispatch }: Pick<Props, 'view' | 'span' | 'dispatch'>): VNode {
  const { trace, collapsed } = view
  if ((trace.after[span] as number) === span + 1) return <span class="twist" />
  const closed = collapsed.has(span)
  return (
    <button
      type="button"
      class="twist"
      tabIndex={-1}
      aria-label={closed ? 'Expand' : 'Collapse'}
      onClick={(event) => {
        event.stopPropagation()
        dispatch({ type: 'toggle', span })
      }}
    >
      {closed ? '▶' : '▼'}
    </button>
  )
}

function Name({ view, span, dispatch }: Pick<Props, 'view' | 'span' | 'dispatch'>): VNode {
  const { trace } = view
  const phase = trace.phase(span)
  const parent = trace.parent[span] as number
  const service = trace.service(span)
  return (
    <div class="name" role="gridcell">
      <span class="indent" style={{ width: `${Math.min(WIDEST, (trace.depth[span] as number) * INDENT)}px` }} />
      <Twist view={view} span={span} dispatch={dispatch} />
      <i class="swatch" />
      <Text text={trace.name(span)} phase={phase} />
      {(parent < 0 || trace.service(parent) !== service) && <span class="where">{service}</span>}
      <Marks trace={trace} span={span} />
    </div>
  )
}

function classes({ view, span, found, same }: Props): string {
  const { trace } = view
  const look = phaseLook(trace.phase(span))
  const flags = trace.flags[span] as number
  const names = ['row', look.className]
  if (view.selected === span) names.push('on')
  if (same) names.push('same')
  if (found) names.push('hit')
  if (view.phase !== null && view.phase !== look.id) names.push('dim')
  if ((flags & FLAG.synthetic) !== 0) names.push('synthetic')
  if (WAITS.has(look.id)) names.push('waits')
  if ((flags & FLAG.inFlight) !== 0) names.push('running')
  return names.join(' ')
}

/** One span: its name in the tree, its own and its whole time, its bar. */
export function Row(props: Props): VNode {
  const { view, span, at, onOver, dispatch } = props
  const { trace } = view
  const self = trace.self[span] as number
  const parent = (trace.after[span] as number) > span + 1
  return (
    <div
      id={`span-${span}`}
      class={classes(props)}
      role="row"
      aria-level={(trace.depth[span] as number) + 1}
      aria-rowindex={at + 1}
      aria-selected={view.selected === span}
      aria-expanded={parent ? !view.collapsed.has(span) : undefined}
      style={{ top: `${at * 24}px` }}
      onPointerEnter={() => onOver(span)}
      onClick={() => dispatch({ type: 'select', span, details: true })}
      onDblClick={() => dispatch({ type: 'range', range: around(trace, span) })}
    >
      <Name view={view} span={span} dispatch={dispatch} />
      <div class={self < trace.total * 0.01 ? 'sum self little' : 'sum self'} role="gridcell">
        {duration(self)}
      </div>
      <div class="sum all" role="gridcell">
        {duration(trace.duration[span] as number)}
      </div>
      <Bar {...props} />
    </div>
  )
}

/** A span with a little room on both sides: what a double click zooms to. */
function around(trace: Trace, span: number): Range {
  const start = trace.start[span] as number
  const width = Math.max(100, trace.duration[span] as number)
  return { from: start - width * 0.05, to: start + width * 1.05 }
}
