import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useColours } from '../theme.ts'
import { laneOrder } from './lane-pieces.ts'
import { LANE, LANE_GAP, paintLanes } from './paint.ts'
import type { Act, View } from './state.ts'
import type { Trace } from './trace.ts'
import type { Range } from './zoom.ts'

/** A drag shorter than this many pixels is a click. */
const CLICK = 3

function Canvas({ trace }: { trace: Trace }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  const colours = useColours()
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement
    const observer = new ResizeObserver(() => paintLanes(element, trace))
    observer.observe(element)
    return () => observer.disconnect()
  }, [trace, colours])
  return <canvas ref={canvas} />
}

/** What is not shown below: veiled. */
function Outside({ range, total }: { range: Range; total: number }): VNode {
  const before = (range.from / total) * 100
  const behind = (1 - range.to / total) * 100
  return (
    <>
      {before > 0.001 && <div class="outside before" style={{ width: `${before}%` }} />}
      {behind > 0.001 && <div class="outside behind" style={{ width: `${behind}%` }} />}
    </>
  )
}

/** One lane per process, all of the time: who worked when. Drag to zoom, click to see all again. */
export function Lanes({ view, dispatch }: { view: View; dispatch: (act: Act) => void }): VNode {
  const { trace, range } = view
  const map = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<[number, number]>()
  const timeAt = (event: PointerEvent): number => {
    const box = (map.current as Element).getBoundingClientRect()
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * trace.total
  }
  const down = (event: PointerEvent): void => {
    map.current?.setPointerCapture(event.pointerId)
    setDrag([timeAt(event), timeAt(event)])
  }
  const up = (): void => {
    if (drag === undefined) return
    const [from, to] = [Math.min(...drag), Math.max(...drag)]
    const width = map.current?.clientWidth ?? 1
    dispatch(((to - from) / trace.total) * width > CLICK ? { type: 'range', range: { from, to } } : { type: 'reset' })
    setDrag(undefined)
  }
  const shown = drag === undefined ? range : { from: Math.min(...drag), to: Math.max(...drag) }
  const order = laneOrder(trace)
  return (
    <div class="lanes">
      <ol aria-label="Processes">
        {order.map((lane) => (
          <li key={lane}>
            {trace.lanes[lane]?.kind} <span>{trace.lanes[lane]?.name}</span>
          </li>
        ))}
      </ol>
      <div
        ref={map}
        class="map"
        role="img"
        aria-label="Who worked when, one lane per process"
        style={{ height: `${order.length * (LANE + LANE_GAP)}px` }}
        onPointerDown={down}
        onPointerMove={(event) => drag !== undefined && setDrag([drag[0], timeAt(event)])}
        onPointerUp={up}
      >
        <Canvas trace={trace} />
        <Outside range={shown} total={Math.max(1, trace.total)} />
      </div>
    </div>
  )
}
