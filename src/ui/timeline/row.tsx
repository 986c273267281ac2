import type { VNode } from 'preact'
import { duration } from '../format.ts'
import { phaseLook } from '../phases.ts'
import { warningWords } from '../words.ts'
import { Bar } from './bar.tsx'
import type { Segment } from './segments.ts'
import type { Act, View } from './state.ts'
import { FLAG, type Trace } from './trace.ts'
import type { Range } from './zoom.ts'

/** Pixels by level; deep traces get fewer, so that names stay in sight. */
const INDENT = 14
const WIDEST = 12 * INDENT
/** Waiting for somebody else: pale, so that what was done meanwhile stands out. */
const WAITS = new Set(['client.ttfb', 'proxy.wait'])

const SUFFIX = /(?<=.)Middleware$/
const PREFIX = /^ process_/

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

/** `SecurityMiddleware process_request`: the name in front, its hook quieter; on a telephone what all names end with gives way. */
function Text({ text, phase }: { text: string; phase: string | null }): VNode {
  const cut = phase?.startsWith('middleware') === true ? text.lastIndexOf(' ') : -1
  return (
    <span class="text" title={text}>
      {cut < 0 ? (
        text
      ) : (
        <>
          {text.slice(0, cut).replace(SUFFIX, '')}
          {SUFFIX.test(text.slice(0, cut)) && <span class="wordy">Middleware</span>}
          <small>
            {' '}
            {PREFIX.test(text.slice(cut)) && <span class="wordy">process_</span>}
            {text.slice(cut + 1).replace(/^process_/, '')}
          </small>
        </>
      )}
    </span>
  )
}

function Marks({ trace, span }: { trace: Trace; span: number }): VNode {
  const warnings = (trace.warnings.get(span) ?? [])
    .filter((warning) => warning !== 'in_flight')
    .map((each) => warningWords(each).title)
  const flags = trace.flags[span] as number
  return (
    <>
      {(flags & FLAG.inFlight) !== 0 && <span class="mark pill tone-plain">running</span>}
      {(flags & FLAG.error) !== 0 && <span class="mark pill tone-bad">error</span>}
      {warnings.length > 0 && (
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
      {service !== '' && (parent < 0 || trace.service(parent) !== service) && <span class="where">{service}</span>}
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
      <Bar trace={trace} range={view.range} span={span} gaps={props.gaps} path={props.path} />
    </div>
  )
}

/** A span with a little room on both sides: what a double click zooms to. */
function around(trace: Trace, span: number): Range {
  const start = trace.start[span] as number
  const width = Math.max(100, trace.duration[span] as number)
  return { from: start - width * 0.05, to: start + width * 1.05 }
}
