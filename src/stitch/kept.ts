import type { Node } from './node.ts'
import { durationOf, timeOf, toScale, type Scale } from './scale.ts'
import type { Correction } from './skew.ts'

/**
 * Whether clocks were corrected by what it says on a scale that shortens stretches of time. It is not so if a clock was moved
 * by a part of such a stretch, or a span over another than the one that its host's clock was wrong by.
 * @param nodes right after the correction
 */
export function isKept(nodes: readonly Node[], corrections: readonly Correction[], scale: Scale): boolean {
  const moved = corrections.filter(({ offset }) => offset !== 0)
  if (!moved.every((clock) => isMiddle(clock, scale))) return false
  const offsets = new Map(moved.map(({ host, offset }) => [host, durationOf(offset, scale)]))
  return nodes.every(({ span, start, end }) => {
    const offset = offsets.get(span?.resource.host ?? '')
    if (span === null || offset === undefined) return true
    return isAt(start, span.start, offset, scale) && (span.end < span.start || isAt(end, span.end, offset, scale))
  })
}

function isMiddle({ low, high, offset }: Correction, scale: Scale): boolean {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return true
  const twice = durationOf(low, scale) + durationOf(high, scale) - 2n * durationOf(offset, scale)
  return twice === 0n || twice === 1n
}

function isAt(value: number, raw: bigint, offset: bigint, scale: Scale): boolean {
  return Number.isNaN(toScale(raw, scale)) || timeOf(value, scale) === raw - offset
}
