import type { VNode } from 'preact'
import type { WindowJson } from '../../query/wire/windows.ts'
import { duration } from '../format.ts'

const WIDTH = 400
const HEIGHT = 60

/** Shares of a window's requests as the outline of a hill, so that windows of unequal size are comparable. */
function outline(counts: readonly number[], most: number): string {
  const total = counts.reduce((sum, one) => sum + one, 0)
  const step = WIDTH / counts.length
  const points = counts.map((count, place) => {
    const y = HEIGHT * (1 - (total === 0 ? 0 : count / total / most) * 0.96)
    return `L${(place * step).toFixed(1)} ${y.toFixed(1)}H${((place + 1) * step).toFixed(1)}`
  })
  return `M0 ${HEIGHT}${points.join('')}V${HEIGHT}Z`
}

function highest(...all: readonly (readonly number[])[]): number {
  const shares = all.map(
    (counts) =>
      Math.max(0, ...counts) /
      Math.max(
        1,
        counts.reduce((sum, one) => sum + one, 0),
      ),
  )
  return Math.max(1e-9, ...shares)
}

/** Where a duration is among the bins, 0…1. */
function place(ns: number, { lowNs, highNs }: WindowJson['bins']): number {
  const [low, high] = [Number(lowNs), Number(highNs)]
  return Math.min(1, Math.max(0, Math.log(Math.max(low, ns) / low) / (Math.log(high / low) || 1)))
}

/** How long requests took in both windows, one over the other; the marks are the p50s. */
export function Spread({ before, after }: { before: WindowJson; after: WindowJson }): VNode {
  const { lowNs, highNs, counts } = before.bins
  const most = highest(counts, after.bins.counts)
  const middle = Math.sqrt(Number(lowNs) * Number(highNs))
  const mark = (window: WindowJson, side: string): VNode | null =>
    window.took.count === 0 ? null : (
      <i class={`mark ${side}`} style={{ left: `${place(Number(window.took.p50Ns), window.bins) * 100}%` }} />
    )
  return (
    <figure class="spread">
      <p class="muted">How long requests took: each window’s share of them. The ticks are the p50s.</p>
      <div class="hills">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="hill before" d={outline(counts, most)} />
          <path class="hill after" d={outline(after.bins.counts, most)} />
        </svg>
        {mark(before, 'before')}
        {mark(after, 'after')}
      </div>
      <figcaption class="when" aria-hidden="true">
        <span>{duration(Number(lowNs))}</span>
        <span>{duration(middle)}</span>
        <span>{duration(Number(highNs))}</span>
      </figcaption>
    </figure>
  )
}
