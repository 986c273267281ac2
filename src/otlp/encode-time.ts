import { epochOrigin, now } from '../model/clock.ts'
import type { ProtoWriter } from './encode-writer.ts'

/**
 * The zero of `now()` as nanoseconds since the epoch, in two halves: 2^60 fits no double and a BigInt a time would cost more
 * than the rest of the span.
 */
export interface Anchor {
  readonly high: number
  readonly low: number
  /** What is left of the origin below a millisecond, in ms. */
  readonly fraction: number
}

let origin = NaN
let anchor: Anchor = { high: 0, low: 0, fraction: 0 }

/** How long an anchor is taken over from the request before, in ms: reading two clocks costs as much as a span. */
const FRESH = 20
let looked = -Infinity

/** The anchor of this moment: take it once per request, so that its spans never misorder. */
export function currentAnchor(): Anchor {
  const time = now()
  if (time - looked < FRESH) return anchor
  looked = time
  const zero = epochOrigin()
  if (zero !== origin) {
    origin = zero
    const whole = BigInt(Math.floor(zero)) * 1_000_000n
    anchor = { high: Number(whole >> 32n), low: Number(whole & 0xffff_ffffn), fraction: zero - Math.floor(zero) }
  }
  return anchor
}

/** Writes a time of `now()` as fixed64 nanoseconds since the epoch. Reserve 8 bytes before. */
export function writeTime(writer: ProtoWriter, zero: Anchor, time: number): void {
  putTime(writer.view, writer.at, zero, time)
  writer.at += 8
}

/** The same, in its place. Signed words, because these are what V8 needs no object for. */
export function putTime(view: DataView, at: number, zero: Anchor, time: number): void {
  const low = zero.low + Math.round((zero.fraction + time) * 1e6)
  view.setInt32(at, low | 0, true)
  view.setInt32(at + 4, (zero.high + Math.floor(low * 2 ** -32)) | 0, true)
}
