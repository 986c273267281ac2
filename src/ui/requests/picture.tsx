import type { VNode } from 'preact'
import { useMemo, useRef, useState } from 'preact/hooks'
import type { SummaryJson } from '../../query/wire/list.ts'
import type { Filter } from '../filter.ts'
import { clock, duration, plural, timeOfDay } from '../format.ts'
import { go } from '../navigate.ts'
import { failed } from '../request-words.tsx'
import { pressed, within, type Selection } from './selection.ts'
import { dots, dragged, levels, scales, type Dot, type Scales } from './scatter.ts'

interface Point {
  readonly x: number
  readonly y: number
}

/** Closer than this many pixels is a click, not a drag; and near enough to a dot to mean it. */
const NEAR = 6

const KEYS =
  'Arrow keys select: left and right move in time, up and down set the shortest duration, with Shift the other edges; Enter narrows the list, Escape gives up.'

function tone(item: SummaryJson): string {
  if (failed(item)) return 'dot bad'
  return (item.status ?? 0) >= 400 ? 'dot warn' : 'dot'
}

function pointIn(element: Element, event: PointerEvent): Point {
  const box = element.getBoundingClientRect()
  const within = (value: number): number => Math.min(1, Math.max(0, value))
  return { x: within((event.clientX - box.left) / box.width), y: within((event.clientY - box.top) / box.height) }
}

function nearest(all: readonly Dot[], at: Point, box: DOMRect): Dot | undefined {
  const far = (dot: Dot): number => Math.hypot((dot.x - at.x) * box.width, (dot.y - at.y) * box.height)
  const best = all.reduce<Dot | undefined>(
    (found, dot) => (found === undefined || far(dot) < far(found) ? dot : found),
    undefined,
  )
  return best !== undefined && far(best) <= NEAR ? best : undefined
}

function Grid({ scale }: { scale: Scales }): VNode {
  return (
    <>
      {levels(scale).map(({ ns, y }) => (
        <div key={ns} class="level" style={{ top: `${y * 100}%` }}>
          <span>{duration(ns).replace(/\.0+ /, ' ')}</span>
        </div>
      ))}
    </>
  )
}

/** What the dots are, and how to narrow the list by them. */
function Legend({ items }: { items: readonly SummaryJson[] }): VNode {
  const tones = new Set(items.map(tone))
  return (
    <p class="dots muted" aria-hidden="true">
      <span>Each dot is a request, by how long it took</span>
      {tones.has('dot bad') && (
        <span>
          <i class="dot bad" /> failed
        </span>
      )}
      {tones.has('dot warn') && (
        <span>
          <i class="dot warn" /> 4xx
        </span>
      )}
      <span class="how">Drag, or press arrow keys, to select</span>
    </p>
  )
}

/** What is selected by keys, in words. */
function said(scale: Scales, all: readonly Dot[], picked: Selection | undefined): string {
  if (picked === undefined) return ''
  const { from, to, minMs, maxMs } = range(scale, picked)
  const ms = (text: string): string => duration(Number(text) * 1e6)
  const inside = all.filter((dot) => within(picked, dot)).length
  return `${timeOfDay(from).slice(0, 8)} to ${timeOfDay(to).slice(0, 8)}, ${ms(minMs)} to ${ms(maxMs)}: ${plural(inside, 'request')}. Enter narrows the list.`
}

const range = (scale: Scales, { left, right, top, bottom }: Selection): ReturnType<typeof dragged> =>
  dragged(scale, { x: left, y: top }, { x: right, y: bottom })

/** Every request in the list as a dot: when it came, how long it took (logarithmic). Drag to narrow the list, click to open one. */
export function Picture({ items, filter }: { items: readonly SummaryJson[]; filter: Filter }): VNode {
  const scale = useMemo(() => scales(items), [items])
  const all = useMemo(() => dots(items, scale), [items, scale])
  const [drag, setDrag] = useState<[Point, Point]>()
  const [over, setOver] = useState<Dot>()
  const plot = useRef<HTMLDivElement>(null)
  const [picked, setPicked] = useState<Selection>()

  const down = (event: PointerEvent): void => {
    const at = pointIn(plot.current as Element, event)
    plot.current?.setPointerCapture(event.pointerId)
    setDrag([at, at])
    setPicked(undefined)
  }
  const move = (event: PointerEvent): void => {
    const at = pointIn(plot.current as Element, event)
    if (drag !== undefined) setDrag([drag[0], at])
    else setOver(nearest(all, at, (plot.current as Element).getBoundingClientRect()))
  }
  const up = (): void => {
    if (drag === undefined) return
    const box = (plot.current as Element).getBoundingClientRect()
    const [a, b] = drag
    setDrag(undefined)
    if (Math.hypot((a.x - b.x) * box.width, (a.y - b.y) * box.height) > NEAR) {
      return go({ page: 'requests', filter: { ...filter, ...dragged(scale, a, b) } })
    }
    const hit = nearest(all, b, box)
    if (hit !== undefined) go({ page: 'timeline', traceId: hit.item.traceId, span: null })
  }
  const words = said(scale, all, picked)
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const next = pressed(picked, event.key, event.shiftKey)
    if (next !== undefined) setPicked(next)
    else if (picked === undefined) return
    else if (event.key === 'Escape') setPicked(undefined)
    else if (event.key === 'Enter') {
      setPicked(undefined)
      go({ page: 'requests', filter: { ...filter, ...range(scale, picked) } })
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="picture">
      <div
        ref={plot}
        class={over === undefined ? 'plot' : 'plot hit'}
        role="application"
        tabIndex={0}
        aria-roledescription="chart"
        aria-label={`Latency over time of ${plural(items.length, 'request')}; the list below holds the same. ${KEYS}`}
        onKeyDown={key}
        onBlur={() => setPicked(undefined)}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerLeave={() => setOver(undefined)}
      >
        <Grid scale={scale} />
        {all.map((dot) => (
          <i key={dot.item.traceId} class={tone(dot.item)} style={{ left: `${dot.x * 100}%`, top: `${dot.y * 100}%` }} />
        ))}
        {over !== undefined && drag === undefined && <Tip dot={over} />}
        {drag !== undefined && <Rubber a={drag[0]} b={drag[1]} />}
        {picked !== undefined && <Rubber a={{ x: picked.left, y: picked.top }} b={{ x: picked.right, y: picked.bottom }} />}
      </div>
      <div class="when" aria-hidden="true">
        {[0, 0.5, 1].map((share) => (
          <span key={share}>{clock(scale.from + share * (scale.to - scale.from))}</span>
        ))}
      </div>
      {picked === undefined ? <Legend items={items} /> : <p class="dots muted">{words}</p>}
      <span class="unseen" role="status">
        {words}
      </span>
    </div>
  )
}

function Tip({ dot }: { dot: Dot }): VNode {
  const { item } = dot
  return (
    <div class={dot.x > 0.6 ? 'tip left' : 'tip'} style={{ left: `${dot.x * 100}%`, top: `${dot.y * 100}%` }}>
      <b>{duration(Number(item.durationNs))}</b> {item.name} <span class="muted">{timeOfDay(item.start)}</span>
    </div>
  )
}

function Rubber({ a, b }: { a: Point; b: Point }): VNode {
  const share = (value: number): string => `${value * 100}%`
  return (
    <div
      class="rubber"
      style={{
        left: share(Math.min(a.x, b.x)),
        top: share(Math.min(a.y, b.y)),
        width: share(Math.abs(a.x - b.x)),
        height: share(Math.abs(a.y - b.y)),
      }}
    />
  )
}
