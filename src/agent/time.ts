import type { TimeInput } from '@opentelemetry/api'
import { epochOrigin, now } from '../model/clock.ts'

/**
 * A time of OpenTelemetry's API as ms of `now()`: a Date, seconds and nanoseconds, ms since the epoch, or a reading of
 * `performance.now()` (which is what a number smaller than the process's start is taken for, as the SDK does).
 */
export function fromApiTime(time: TimeInput | undefined): number {
  if (time === undefined) return now()
  if (Array.isArray(time)) return time[0] * 1e3 - epochOrigin() + time[1] / 1e6
  const value = Number(time)
  return time instanceof Date || value >= performance.timeOrigin ? value - epochOrigin() : value
}
