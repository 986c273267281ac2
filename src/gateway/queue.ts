import type { IncomingHttpHeaders } from 'node:http'
import { epochOrigin } from '../model/clock.ts'

export interface Queued {
  /** When the proxy took the request, in ms of `now()`. */
  readonly since: number
  /** Its clock is ahead of ours: the time it gave was in the future. */
  readonly skewed: boolean
}

/** Longer, and it is a wrong header rather than a queue; in ms. */
const LONGEST = 600_000

/**
 * When the proxy in front took the request: `X-Request-Start` or `X-Queue-Start`, with or without `t=`, as seconds,
 * milliseconds, microseconds or nanoseconds since the epoch, told apart by their size.
 * @param at the time of `now()` at which the request was parsed
 */
export function queuedSince(headers: IncomingHttpHeaders, at: number): Queued | undefined {
  const header = headers['x-request-start'] ?? headers['x-queue-start']
  if (header === undefined) return undefined
  const ms = epochMs(Array.isArray(header) ? (header[0] ?? '') : header)
  if (ms === undefined) return undefined
  const since = ms - epochOrigin()
  if (at - since > LONGEST) return undefined
  return since > at ? { since: at, skewed: true } : { since, skewed: false }
}

function epochMs(header: string): number | undefined {
  const match = /^(?:t=)?(\d{9,20}(?:\.\d+)?)$/.exec(header.trim())
  if (match === null) return undefined
  const value = Number(match[1])
  if (value > 1e17) return value / 1e6
  if (value > 1e14) return value / 1e3
  return value > 1e11 ? value : value * 1e3
}
