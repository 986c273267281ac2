import type { VNode } from 'preact'
import { duration } from '../format.ts'
import { linePath } from '../line-path.ts'

/** Units of the picture; the stylesheet says how large it is. */
const WIDTH = 120
const HEIGHT = 24
const ROOM = 3

/** How a figure went over time, from zero. @param trend decimal nanoseconds, oldest first; null where nothing happened */
export function Sparkline({ trend, minutes }: { trend: readonly (string | null)[]; minutes: number }): VNode {
  const points = trend.map((point) => (point === null ? null : Number(point)))
  const known = points.filter((point) => point !== null)
  const most = Math.max(1, ...known)
  const x = (index: number): number => ROOM + (index / Math.max(1, points.length - 1)) * (WIDTH - 2 * ROOM)
  const y = (value: number): number => HEIGHT - ROOM - (value / most) * (HEIGHT - 2 * ROOM)
  const last = points.findLastIndex((point) => point !== null)
  const words = `p95 over ${minutes} min: up to ${duration(most)}, lately ${duration(points[last] ?? 0)}`
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
      <title>{words}</title>
      <path class="base" d={`M${ROOM} ${HEIGHT - ROOM}H${WIDTH - ROOM}`} />
      <path class="line" d={linePath(points, x, y)} />
      {last >= 0 && <circle cx={x(last)} cy={y(points[last] as number)} r="2" />}
    </svg>
  )
}
