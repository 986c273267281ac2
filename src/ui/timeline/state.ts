import { rowOf, reveal, toggled, visibleRows } from './rows.ts'
import { nextMatch, search } from './search.ts'
import type { Trace } from './trace.ts'
import { pan, zoom, type Range } from './zoom.ts'

/** What somebody did to the picture of a timeline. */
export interface View {
  readonly trace: Trace
  readonly collapsed: ReadonlySet<number>
  readonly rows: Int32Array
  readonly range: Range
  /** The span with the cursor, -1 for none. */
  readonly selected: number
  /** Whether its details are open. */
  readonly details: boolean
  readonly query: string
  readonly matches: readonly number[]
  /** The phase that stands out, from the legend. */
  readonly phase: string | null
  readonly critical: boolean
}

export type Act =
  | { readonly type: 'step'; readonly by: number }
  | { readonly type: 'select'; readonly span: number; readonly details?: boolean }
  | { readonly type: 'out' | 'in' | 'details' | 'escape' | 'first' | 'last' | 'reset' | 'critical' | 'collapseAll' | 'expandAll' }
  | { readonly type: 'toggle'; readonly span: number }
  | { readonly type: 'zoom'; readonly factor: number; readonly at?: number }
  | { readonly type: 'pan'; readonly share: number }
  | { readonly type: 'range'; readonly range: Range }
  | { readonly type: 'search'; readonly query: string }
  | { readonly type: 'match'; readonly direction: 1 | -1 }
  | { readonly type: 'phase'; readonly phase: string | null }
  | { readonly type: 'trace'; readonly trace: Trace }

const whole = (trace: Trace): Range => ({ from: 0, to: Math.max(1, trace.total) })

/**
 * A timeline as it is first seen.
 * @param spanId the span that the URL names
 * @param find what the URL says to look for: the first match has the cursor, and what is not there is not looked for
 */
export function firstView(trace: Trace, spanId: string | null, find = ''): View {
  const named = spanId === null ? -1 : trace.spanOf(spanId)
  const matches = search(trace, find)
  return {
    trace,
    collapsed: new Set(),
    rows: visibleRows(trace, new Set()),
    range: whole(trace),
    selected: named >= 0 ? named : (matches[0] ?? -1),
    details: named >= 0,
    query: matches.length > 0 ? find : '',
    matches,
    phase: null,
    critical: true,
  }
}

function withCollapsed(view: View, collapsed: ReadonlySet<number>): View {
  return collapsed === view.collapsed ? view : { ...view, collapsed, rows: visibleRows(view.trace, collapsed) }
}

function select(view: View, span: number): View {
  return { ...withCollapsed(view, reveal(view.trace, view.collapsed, span)), selected: span }
}

function step(view: View, by: number): View {
  const { rows, selected } = view
  if (rows.length === 0) return view
  const at = selected < 0 ? (by > 0 ? -1 : rows.length) : rowOf(rows, selected)
  return { ...view, selected: rows[Math.min(rows.length - 1, Math.max(0, at + by))] as number }
}

const isParent = ({ trace }: View, span: number): boolean => (trace.after[span] as number) > span + 1

/** ←: closes an open span, else goes to its parent. */
function out(view: View): View {
  const { selected, collapsed, trace } = view
  if (selected < 0) return view
  if (isParent(view, selected) && !collapsed.has(selected)) return withCollapsed(view, toggled(collapsed, selected))
  const parent = trace.parent[selected] as number
  return parent < 0 ? view : { ...view, selected: parent }
}

/** →: opens a closed span, else goes to its first child. */
function into(view: View): View {
  const { selected, collapsed } = view
  if (selected < 0 || !isParent(view, selected)) return view
  return collapsed.has(selected) ? withCollapsed(view, toggled(collapsed, selected)) : { ...view, selected: selected + 1 }
}

/** Esc: the details, then the search, then the phase, then the zoom, then the selection. */
function escape(view: View): View {
  if (view.details) return { ...view, details: false }
  if (view.query !== '') return { ...view, query: '', matches: [] }
  if (view.phase !== null) return { ...view, phase: null }
  const all = whole(view.trace)
  if (view.range.from !== all.from || view.range.to !== all.to) return { ...view, range: all }
  return { ...view, selected: -1 }
}

/** Two levels stay open: the client and what it called. */
function collapseAll(view: View): View {
  const { trace } = view
  const closed = new Set<number>()
  for (let span = 0; span < trace.size; span++) if ((trace.depth[span] as number) >= 1 && isParent(view, span)) closed.add(span)
  const parent = (span: number): number => trace.parent[span] as number
  let selected = view.selected
  while (selected >= 0 && parent(selected) >= 0 && closed.has(parent(selected))) selected = parent(selected)
  return { ...withCollapsed(view, closed), selected }
}

/** The span of another version of the timeline that is the same as this one. */
function sameSpan(from: Trace, to: Trace, span: number): number {
  return span < 0 ? -1 : to.spanOf(from.spanId(span))
}

/** A newer version of the same timeline: what can be kept, is. */
function renewed(view: View, trace: Trace): View {
  const collapsed = new Set([...view.collapsed].map((span) => sameSpan(view.trace, trace, span)).filter((span) => span >= 0))
  const selected = sameSpan(view.trace, trace, view.selected)
  return {
    ...view,
    trace,
    collapsed,
    rows: visibleRows(trace, collapsed),
    range: whole(trace),
    selected,
    matches: search(trace, view.query),
  }
}

function moved(view: View, act: Act): View {
  const { trace, range } = view
  if (act.type === 'zoom') return { ...view, range: zoom(range, trace.total, act.factor, act.at) }
  if (act.type === 'pan') return { ...view, range: pan(range, trace.total, act.share) }
  if (act.type === 'range') return { ...view, range: zoom(act.range, trace.total, 1) }
  return { ...view, range: whole(trace) }
}

function searched(view: View, query: string): View {
  return { ...view, query, matches: search(view.trace, query) }
}

function matched(view: View, direction: 1 | -1): View {
  const found = nextMatch(view.matches, view.selected, direction)
  return found === undefined ? view : select(view, found)
}

/** What an act makes of a view; the same view if nothing changes. */
export function act(view: View, what: Act): View {
  switch (what.type) {
    case 'step':
      return step(view, what.by)
    case 'select':
      return { ...select(view, what.span), details: what.details ?? view.details }
    case 'toggle':
      return withCollapsed(view, toggled(view.collapsed, what.span))
    case 'out':
      return out(view)
    case 'in':
      return into(view)
    case 'details':
      return view.selected < 0 ? view : { ...view, details: !view.details }
    case 'escape':
      return escape(view)
    case 'first':
      return step({ ...view, selected: -1 }, 1)
    case 'last':
      return step({ ...view, selected: -1 }, -1)
    case 'zoom':
    case 'pan':
    case 'range':
    case 'reset':
      return moved(view, what)
    case 'search':
      return searched(view, what.query)
    case 'match':
      return matched(view, what.direction)
    case 'phase':
      return { ...view, phase: view.phase === what.phase ? null : what.phase }
    case 'critical':
      return { ...view, critical: !view.critical }
    case 'collapseAll':
      return collapseAll(view)
    case 'expandAll':
      return withCollapsed(view, new Set())
    default:
      return renewed(view, what.trace)
  }
}
