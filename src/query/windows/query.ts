import { MINUTE_MS } from '../../alerts/slot.ts'
import { QueryFault } from '../fault.ts'

/** A time from (and with) to (and without), ms since the epoch. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** What is asked of two windows. Empty texts take everything. */
export interface WindowsQuery {
  readonly service: string
  readonly route: string
  readonly before: Window
  readonly after: Window
}

const DEFAULT_MS = 5 * MINUTE_MS
const LONGEST_MS = 31 * 24 * 60 * MINUTE_MS

function fault(name: string, text: string, wanted: string): QueryFault {
  return new QueryFault(400, 'bad_parameter', `${name}=${text.slice(0, 100)}: ${wanted}`)
}

/** Nanoseconds since the epoch as ms. */
function moment(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name)?.trim() ?? ''
  if (text === '') return undefined
  if (!/^\d{1,19}$/.test(text)) throw fault(name, text, 'nanoseconds since the epoch')
  return Number(BigInt(text) / 1_000_000n)
}

function length(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name)?.trim() ?? ''
  if (text === '') return undefined
  const ms = Number(text)
  if (ms >= 1000 && ms <= LONGEST_MS) return Math.round(ms)
  throw fault(name, text, `a number of milliseconds from 1000 to ${LONGEST_MS}`)
}

/**
 * Two windows of the same length: `from` to `to`, or the last `lastMs`; and the same `shiftMs` earlier, by default just before.
 * @param now ms since the epoch
 */
export function windowsQuery(params: URLSearchParams, now: number): WindowsQuery {
  const to = moment(params, 'to') ?? now
  const from = moment(params, 'from') ?? to - (length(params, 'lastMs') ?? DEFAULT_MS)
  if (to <= from || to - from > LONGEST_MS)
    throw fault('from', params.get('from') ?? '', 'a moment before to, by 31 days at most')
  const shift = Math.max(length(params, 'shiftMs') ?? 0, to - from)
  return {
    service: params.get('service')?.trim() ?? '',
    route: params.get('route')?.trim() ?? '',
    before: { from: from - shift, to: to - shift },
    after: { from, to },
  }
}
