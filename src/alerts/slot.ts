import { Histogram } from '../model/histogram.ts'

/** A trace that shows a figure, kept beside it. */
export interface Exemplar {
  traceId: string
  selfSeconds: number
  /** ms since the epoch */
  at: number
}

/** What happened to one subject in one slot of time. */
export interface Slot {
  /** Start, ms since the epoch; a multiple of its length. */
  start: number
  /** Its length: `SLOT_MS`, or `MINUTE_MS` once it is older than a minute or two. */
  ms: number
  self: Histogram
  errors: number
  shareSum: number
  slowest: Exemplar | null
  /** One taken at random: shows what is usual. */
  typical: Exemplar | null
}

/** Length of the latest slots. Windows of rules are rounded up to it. */
export const SLOT_MS = 10_000

/** Length of those before: ten thousand series with fifteen minutes of the short ones took 770 MB. */
export const MINUTE_MS = 60_000

export function emptySlot(start: number, ms: number): Slot {
  return { start, ms, self: new Histogram(), errors: 0, shareSum: 0, slowest: null, typical: null }
}

/** Makes a trace an exemplar of the slot where it is the slowest, or by a chance that is the same for each of the slot's. */
export function keep(slot: Slot, { traceId, selfSeconds, at }: Exemplar): void {
  const isSlowest = slot.slowest === null || selfSeconds > slot.slowest.selfSeconds
  const isTypical = slot.typical === null || Math.random() * slot.self.count < 1
  if (!isSlowest && !isTypical) return
  const exemplar = { traceId, selfSeconds, at }
  if (isSlowest) slot.slowest = exemplar
  if (isTypical) slot.typical = exemplar
}

/** The short slots of minutes that ended before `until` become one each. @param slots by start */
export function coarsened(slots: readonly Slot[], until: number): Slot[] {
  const made: Slot[] = []
  for (const slot of slots) {
    const minute = Math.floor(slot.start / MINUTE_MS) * MINUTE_MS
    const last = made.at(-1)
    if (slot.start >= until || slot.ms === MINUTE_MS) made.push(slot)
    else if (last?.start === minute && last.ms === MINUTE_MS) absorb(last, slot)
    else made.push({ ...slot, start: minute, ms: MINUTE_MS })
  }
  return made
}

function absorb(slot: Slot, other: Slot): void {
  slot.self.merge(other.self)
  slot.errors += other.errors
  slot.shareSum += other.shareSum
  if (other.slowest !== null && (slot.slowest?.selfSeconds ?? -1) < other.slowest.selfSeconds) slot.slowest = other.slowest
  if (other.typical !== null && Math.random() * slot.self.count < other.self.count) slot.typical = other.typical
}
