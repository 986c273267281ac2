/** A stretch of time in which a trace has no time at all, as the trace's scale has it. */
export interface Jump {
  /** How long it is on the scale. */
  readonly length: number
  /** What it is longer in truth. */
  readonly left: bigint
  /** The first time after it. */
  readonly until: bigint
  /** Its middle on the scale. */
  readonly middle: number
  /** All that is not a jump is shorter than this together. */
  readonly room: number
}

/** Powers of two, so that a duration says which of them it goes over; two of the longest durations can still be added. */
const LENGTHS = [2 ** 51, 2 ** 50, 2 ** 49]
const ROOM = 2 ** 47

/**
 * The stretches to be shortened so that times years apart are counted exactly: those of 19 hours and more.
 * @param times each once, in order
 * @returns undefined if there are more than three, or the times between them are too far apart, too
 */
export function jumpsOf(times: readonly bigint[]): Jump[] | undefined {
  const jumps: Jump[] = []
  let reached = 0
  let used = 0
  for (let at = 1; at < times.length; at++) {
    const until = times[at] as bigint
    const width = until - (times[at - 1] as bigint)
    if (Number(width) < ROOM / 2) {
      reached += Number(width)
      used += Number(width)
      continue
    }
    const length = LENGTHS[jumps.length]
    if (length === undefined) return undefined
    jumps.push({ length, left: width - BigInt(length), until, middle: reached + length / 2, room: ROOM })
    reached += length
  }
  return used < ROOM ? jumps : undefined
}

/**
 * A difference of two clocks as the scale has it, where the jumps lie as they do.
 * @param value in nanoseconds; of years they are doubles that may be 128 off
 * @returns undefined if it is none between the places that the trace's times are in
 */
export function shortened(value: number, jumps: readonly Jump[]): number | undefined {
  if (Math.abs(value) <= ROOM) return value
  if (!Number.isFinite(value)) return undefined
  for (let from = 0; from < jumps.length; from++) {
    let left = 0n
    let length = 0
    for (const jump of jumps.slice(from)) {
      left += jump.left
      length += jump.length
      const found = Number(BigInt(Math.abs(value)) - left)
      if (Math.abs(found - length) <= ROOM) return value < 0 ? -found : found
    }
  }
  return undefined
}
