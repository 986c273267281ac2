/** The part of a timeline that is shown: nanoseconds from its start. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Nothing is shown larger than this many nanoseconds across: below it, there is nothing to see. */
const NARROWEST = 100

/** A range inside [0, total], at least `NARROWEST` wide. */
export function clamp(range: Range, total: number): Range {
  const width = Math.min(Math.max(range.to - range.from, Math.min(NARROWEST, total)), total)
  const from = Math.min(Math.max(range.from, 0), total - width)
  return { from, to: from + width }
}

/** Zooms so that `at` stays where it is. @param factor below 1 shows less, larger; above 1 shows more */
export function zoom(range: Range, total: number, factor: number, at: number = (range.from + range.to) / 2): Range {
  const by = Math.max(factor, NARROWEST / Math.max(NARROWEST, range.to - range.from))
  return clamp({ from: at - (at - range.from) * by, to: at + (range.to - at) * by }, total)
}

/** Moves by a share of what is shown: 0.1 is a tenth to the right. */
export function pan(range: Range, total: number, share: number): Range {
  const by = (range.to - range.from) * share
  return clamp({ from: range.from + by, to: range.to + by }, total)
}

/** Whether less than all is shown. */
export function zoomed(range: Range, total: number): boolean {
  return range.to - range.from < total * 0.999999
}

const MINUTE = 60e9
/** Steps of an axis on which clocks count by sixties, ns. */
const CLOCK_STEPS = [0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240, 360, 720, 1440].map((minutes) => minutes * MINUTE)

/** The least round step that is no less than this. */
function stepFor(rough: number): number {
  const sixties = rough < 10e9 ? undefined : CLOCK_STEPS.find((step) => step >= rough * 0.999999)
  if (sixties !== undefined) return sixties
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999999) ?? 10)
}

/** Round times for an axis, at most `most` of them: 1, 2 or 5 times a power of ten apart; of minutes, parts of an hour or a day. */
export function ticks(range: Range, most: number): number[] {
  const width = range.to - range.from
  if (width <= 0 || most < 1) return []
  const step = Math.max(1, stepFor(width / most))
  const first = Math.ceil(range.from / step - 1e-9)
  const last = Math.floor(range.to / step + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step)
}

/** Where a time is, as a share of the range: 0 at its left edge, 1 at its right one. */
export function position(range: Range, at: number): number {
  return (at - range.from) / Math.max(1, range.to - range.from)
}
