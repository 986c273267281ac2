import type { VNode } from 'preact'
import type { AlertJson } from '../../query/wire/alerts.ts'
import { linePath } from '../line-path.ts'
import { figure } from './figure.ts'

/** Units of the picture; the stylesheet says how large it is. */
const WIDTH = 240
const HEIGHT = 44
const ROOM = 4

/** The figure against its threshold over time, from zero; above the threshold it is red. */
export function Chart({ alert }: { alert: AlertJson }): VNode {
  const { readings, threshold, unit } = alert
  // What has no figure over time keeps its place: the columns of all alerts stand above each other.
  if (readings === null || threshold === null) return <span class="charted" />
  const { values, stepMs } = readings
  const most = Math.max(threshold * 1.25, ...values.map((value) => value ?? 0))
  const x = (index: number): number => ROOM + (index / Math.max(1, values.length - 1)) * (WIDTH - 2 * ROOM)
  const y = (value: number): number => HEIGHT - ROOM - (value / most) * (HEIGHT - 2 * ROOM)
  const minutes = Math.round((values.length * stepMs) / 60_000)
  const words = `${alert.figure} over ${minutes} min, now ${figure(alert.value, unit)}; the threshold is ${figure(threshold, unit)}`
  const line = linePath(values, x, y)
  const limit = y(threshold)
  return (
    <span class="charted">
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words} preserveAspectRatio="none">
        <title>{words}</title>
        <rect class="over" x="0" y="0" width={WIDTH} height={limit} />
        <path class="line" d={line} />
        <path class="limit" d={`M0 ${limit.toFixed(1)}H${WIDTH}`} />
      </svg>
      <span class="ago" aria-hidden="true">
        <span>{minutes} min ago</span>
        <span>now</span>
      </span>
    </span>
  )
}
