import type { SummaryJson } from '../../query/wire/list.ts'
import { epochMs } from '../format.ts'

/** One request in the picture of latencies. Positions are shares of the picture: x from the left, y from the top. */
export interface Dot {
  readonly item: SummaryJson
  readonly x: number
  readonly y: number
}

/** The picture's ranges: milliseconds since the epoch, and log10 of milliseconds. */
export interface Scales {
  readonly from: number
  readonly to: number
  readonly low: number
  readonly high: number
}

const DEFAULT: Scales = { from: 0, to: 1, low: 0, high: 1 }

/** Less than this, ms, is no picture of time: the ends of its axis would read the same. */
const SHORTEST = 6000

/** The smallest ranges that hold all requests: whole powers of ten upwards, and a little room at the sides. */
export function scales(items: readonly SummaryJson[]): Scales {
  if (items.length === 0) return DEFAULT
  const times = items.map((item) => epochMs(item.start))
  const heights = items.map((item) => Math.log10(Math.max(1e-3, Number(item.durationNs) / 1e6)))
  const from = Math.min(...times)
  const span = Math.max(...times) - from
  const room = Math.max(span * 0.02, (SHORTEST - span) / 2)
  const low = Math.floor(Math.min(...heights))
  return { from: from - room, to: Math.max(...times) + room, low, high: Math.max(low + 1, Math.ceil(Math.max(...heights))) }
}

/** Where each request is. */
export function dots(items: readonly SummaryJson[], scale: Scales): Dot[] {
  return items.map((item) => {
    const height = Math.log10(Math.max(1e-3, Number(item.durationNs) / 1e6))
    return {
      item,
      x: (epochMs(item.start) - scale.from) / (scale.to - scale.from),
      y: 1 - (height - scale.low) / (scale.high - scale.low),
    }
  })
}

/** The lines of the picture: whole powers of ten, in nanoseconds, with their share from the top. */
export function levels(scale: Scales): { ns: number; y: number }[] {
  return Array.from({ length: scale.high - scale.low + 1 }, (_, step) => ({
    ns: 10 ** (scale.low + step) * 1e6,
    y: 1 - step / (scale.high - scale.low),
  }))
}

/** A rectangle that was dragged, in shares of the picture, as a filter: two times in nanoseconds and two durations in milliseconds. */
export function dragged(
  scale: Scales,
  a: { x: number; y: number },
  b: { x: number; y: number },
): { from: string; to: string; minMs: string; maxMs: string } {
  const time = (x: number): string => String(BigInt(Math.round(scale.from + x * (scale.to - scale.from))) * 1_000_000n)
  const ms = (y: number): string => String(Number((10 ** (scale.low + (1 - y) * (scale.high - scale.low))).toPrecision(3)))
  return {
    from: time(Math.min(a.x, b.x)),
    to: time(Math.max(a.x, b.x)),
    minMs: ms(Math.max(a.y, b.y)),
    maxMs: ms(Math.min(a.y, b.y)),
  }
}
