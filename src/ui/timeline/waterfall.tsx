import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { duration } from '../format.ts'
import { hooksOf, layers, type Layer } from './onion.ts'
import { Row } from './row.tsx'
import { rowOf } from './rows.ts'
import { segmentsBySpan } from './segments.ts'
import type { Act, View } from './state.ts'
import { position, ticks, type Range } from './zoom.ts'

/** Pixels; the stylesheet's figure. */
const ROW = 24
/** Rows beyond the edge that are there already when one scrolls. */
const SPARE = 12
/** The most layers of the onion that are drawn; the stylesheet says how wide each is. */
const DEEPEST = 9

interface Props {
  readonly view: View
  readonly dispatch: (act: Act) => void
}

/** The most rows on paper, some twenty pages; the stylesheet's figure is so many times `ROW`. */
const PRINTED = 1000

/** Which rows are in sight: the page scrolls, not the waterfall. On paper, all are. */
function useWindow(box: { current: HTMLDivElement | null }, rows: number): { first: number; last: number } {
  const [seen, setSeen] = useState({ first: 0, last: 60 })
  useEffect(() => {
    const look = (): void => {
      if (matchMedia('print').matches) return
      const top = box.current?.getBoundingClientRect().top ?? 0
      const first = Math.max(0, Math.floor(-top / ROW) - SPARE)
      const last = Math.ceil((window.innerHeight - top) / ROW) + SPARE
      // A new window only after half the spare rows: most scroll events change nothing.
      setSeen((former) =>
        Math.abs(former.first - first) < SPARE / 2 && Math.abs(former.last - last) < SPARE / 2 ? former : { first, last },
      )
    }
    const all = (): void => setSeen({ first: 0, last: PRINTED })
    look()
    window.addEventListener('scroll', look, { passive: true })
    window.addEventListener('resize', look)
    window.addEventListener('beforeprint', all)
    window.addEventListener('afterprint', look)
    return () => {
      window.removeEventListener('scroll', look)
      window.removeEventListener('resize', look)
      window.removeEventListener('beforeprint', all)
      window.removeEventListener('afterprint', look)
    }
  }, [])
  return { first: Math.min(seen.first, Math.max(0, rows - 1)), last: Math.min(rows, seen.last) }
}

/** Brings the selected row between the stage and the lower edge of the page. */
function useInSight(box: { current: HTMLDivElement | null }, { rows, selected, details }: View): void {
  const known = useRef('')
  useLayoutEffect(() => {
    const key = `${selected} ${details}`
    if (selected < 0 || key === known.current || box.current === null) return
    known.current = key
    const top = box.current.getBoundingClientRect().top + rowOf(rows, selected) * ROW
    const stage = document.querySelector('.stage')?.getBoundingClientRect().height ?? 0
    const bar = document.querySelector('.top')?.getBoundingClientRect().height ?? 0
    const upper = stage + bar + ROW
    // On a telephone the details cover the lower part.
    const sheet = document.querySelector('.details')?.getBoundingClientRect()
    const lower = (sheet?.left === 0 ? sheet.top : window.innerHeight) - 2 * ROW
    if (top < upper) window.scrollBy(0, top - upper)
    else if (top > lower) window.scrollBy(0, top - lower)
  }, [rows, selected, details])
}

function Lines({ range }: { range: Range }): VNode {
  return (
    <div class="lines" aria-hidden="true">
      {ticks(range, 8).map((at) => (
        <i key={at} style={{ left: `${position(range, at) * 100}%` }} />
      ))}
    </div>
  )
}

interface OnionProps {
  readonly all: readonly Layer[]
  readonly rows: Int32Array
  readonly seen: { first: number; last: number }
  readonly same: ReadonlySet<number>
}

/** Brackets that join each middleware's way in to its way out: the layers round the view. */
function Onion({ all, rows, seen, same }: OnionProps): VNode {
  const shown = all.filter(({ request, response, level }) => {
    const [from, to] = [rowOf(rows, request), rowOf(rows, response)]
    return level < DEEPEST && rows[from] === request && rows[to] === response && to >= seen.first && from <= seen.last
  })
  return (
    <>
      {shown.map(({ request, response, level }) => {
        const from = rowOf(rows, request)
        return (
          <div
            key={`o${request}`}
            class={`onion phase-middleware-request${same.has(request) ? ' on' : ''}`}
            aria-hidden="true"
            style={{
              top: `${from * ROW + ROW / 2}px`,
              height: `${(rowOf(rows, response) - from) * ROW}px`,
              left: `calc(var(--name) + var(--sum) + ${level} * var(--layer) + 2px)`,
              width: `calc(var(--onion) - ${level} * var(--layer) - 4px)`,
            }}
          />
        )
      })}
    </>
  )
}

/** What belongs to the span under the pointer or the cursor: the other hooks of its middleware. */
function useSame(hooks: ReadonlyMap<number, readonly number[]>, selected: number): [ReadonlySet<number>, (span: number) => void] {
  const [over, setOver] = useState(-1)
  const span = hooks.has(over) ? over : selected
  return [useMemo(() => new Set(hooks.get(span) ?? []), [hooks, span]), setOver]
}

/** Zooms with Ctrl or ⌘ and the wheel at the pointer; pans with a sideways wheel. */
function useWheel(box: { current: HTMLDivElement | null }, range: Range, dispatch: (act: Act) => void): void {
  useEffect(() => {
    const element = box.current as HTMLDivElement
    const turn = (event: WheelEvent): void => {
      const plot = element.querySelector('.lines')?.getBoundingClientRect()
      if (plot === undefined) return
      const sideways = event.shiftKey ? event.deltaY : event.deltaX
      if (event.ctrlKey || event.metaKey) {
        const at = range.from + ((event.clientX - plot.left) / plot.width) * (range.to - range.from)
        dispatch({ type: 'zoom', factor: Math.exp(event.deltaY * 0.004), at })
      } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        dispatch({ type: 'pan', share: sideways / plot.width })
      } else return
      event.preventDefault()
    }
    element.addEventListener('wheel', turn, { passive: false })
    return () => element.removeEventListener('wheel', turn)
  }, [range, dispatch])
}

/** The spans as rows, only those in sight in the document: 100,000 cost what 60 cost. */
export function Waterfall({ view, dispatch }: Props): VNode {
  const { trace, rows, range, selected } = view
  const box = useRef<HTMLDivElement>(null)
  const seen = useWindow(box, rows.length)
  const hooks = useMemo(() => hooksOf(trace), [trace])
  const onion = useMemo(() => layers(trace, hooks), [trace, hooks])
  const gaps = useMemo(() => segmentsBySpan(trace.outline.gaps), [trace])
  const path = useMemo(() => segmentsBySpan(trace.outline.criticalPath), [trace])
  const found = useMemo(() => new Set(view.matches), [view.matches])
  const [same, setOver] = useSame(hooks, selected)
  useInSight(box, view)
  useWheel(box, range, dispatch)
  const deepest = onion.reduce((most, { level }) => Math.max(most, Math.min(level, DEEPEST - 1)), -1)
  useLayoutEffect(() => {
    box.current?.closest<HTMLElement>('.timeline')?.style.setProperty('--layers', String(deepest + 1))
  }, [deepest])
  const inSight = Array.from(rows.subarray(seen.first, seen.last))
  return (
    <>
      <div
        ref={box}
        class="waterfall"
        role="treegrid"
        tabIndex={0}
        aria-label={`Waterfall of ${duration(trace.total)}`}
        aria-rowcount={rows.length}
        aria-activedescendant={selected >= 0 ? `span-${selected}` : undefined}
        style={{ height: `${rows.length * ROW}px` }}
        onPointerLeave={() => setOver(-1)}
      >
        <Lines range={range} />
        <Onion all={onion} rows={rows} seen={seen} same={same} />
        {inSight.map((span, index) => (
          <Row
            key={span}
            view={view}
            span={span}
            at={seen.first + index}
            gaps={gaps.get(span)}
            path={view.critical ? path.get(span) : undefined}
            found={found.has(span)}
            same={same.has(span)}
            onOver={setOver}
            dispatch={dispatch}
          />
        ))}
      </div>
      <p class="foot">Solid is a span’s own time, pale is what its children cover, hatched is time that no phase accounts for.</p>
    </>
  )
}
