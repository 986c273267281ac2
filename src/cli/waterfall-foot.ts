import type { TimelineJson } from '../query/wire/timeline.ts'
import { culpritOf } from './culprit.ts'
import { percent } from './figures.ts'
import { safe, wrapped } from './terminal-text.ts'
import type { Unit } from './timeline-unit.ts'

/** `mostly SessionMiddleware in 2 hooks, 120.30 ms (95 %)`: where the time went, in a sentence; nothing where nothing stands out. */
export function blame(timeline: TimelineJson, unit: Unit, width: number): string[] {
  const culprit = culpritOf(timeline)
  const whole = BigInt(timeline.durationNs)
  if (culprit === undefined || whole === 0n) return []
  const { name, times, ns, middleware } = culprit
  const often = times === 1 ? '' : middleware ? ` in ${times} hooks` : ` ×${times}`
  const said = `${2n * ns > whole ? 'mostly' : 'longest:'} ${name}${often}, ${unit.text(ns)} ${unit.name} (${percent(Number(ns) / Number(whole))})`
  return wrapped(safe(said).split(' '), ' ', width, '  ')
}

/** So many phases are told apart. */
const TOLD = 7

/** Where the time went: each phase's self time, the longest first. */
export function breakdown({ phases, durationNs }: TimelineJson, unit: Unit, width: number): string[] {
  if (durationNs === '0') return []
  const said = Object.entries(phases)
    .map(([phase, ns]): [string, bigint] => [phase, BigInt(ns)])
    .sort(([, a], [, b]) => Number(b - a))
  const rest = said.slice(TOLD).reduce((sum, [, ns]) => sum + ns, 0n)
  if (rest > 0n) said.splice(TOLD, Infinity, [`${said.length - TOLD} more`, rest])
  const share = (ns: bigint): string => percent(Number(ns) / Number(durationNs))
  return wrapped(
    said.filter(([, ns]) => ns > 0n).map(([phase, ns]) => `${phase} ${unit.text(ns)} (${share(ns)})`),
    ' · ',
    width,
    '',
  )
}

const WARNINGS: Readonly<Record<string, string>> = {
  n_plus_one: 'the same query was repeated in one request (N+1)',
  orphan: 'spans whose parent never came',
  in_flight: 'spans still running',
  clock_skew: 'spans moved, because the clocks of two machines disagree',
  cut_loop: 'loops of parents, cut',
  self_parent: 'spans that named themselves as their parent',
  duplicate: 'spans that came twice',
  conflict: 'spans of one id whose contents disagree',
  shared_id: 'pairs of a client and a server under one id',
  end_before_start: 'spans that ended before they began',
  zero_start: 'spans without a start',
  truncated: 'spans of which a part was cut off',
}

/** What is to be known of the timeline before one believes it. */
export function warnings(timeline: TimelineJson, width: number): string[] {
  return Object.entries(timeline.warnings)
    .filter(([, count]) => count > 0)
    .flatMap(([warning, count]) =>
      wrapped(`! ${WARNINGS[warning] ?? warning.replaceAll('_', ' ')}: ${count}`.split(' '), ' ', width, '  '),
    )
}

/** `✗ failed in SELECT book: no such table`: where it began that the request failed, and what that span says. 4xx is an answer. */
export function failure({ spans, root }: TimelineJson, width: number): string[] {
  const status = Number(spans.find(({ spanId }) => spanId === root)?.attributes['http.response.status_code'] ?? 0)
  const failed = spans.filter(({ error }) => error)
  const whole = failed.some(({ spanId, kind }) => spanId === root || kind === 'SERVER')
  if (!whole || (status >= 400 && status < 500)) return []
  const first = failed.reduce((deepest, span) => (span.depth > deepest.depth ? span : deepest))
  const exception = first.events.find(({ name }) => name === 'exception')?.attributes['exception.message']
  const message = first.statusMessage || (typeof exception === 'string' ? exception : '')
  return wrapped(safe(`✗ failed in ${first.name}${message === '' ? '' : `: ${message}`}`).split(' '), ' ', width, '  ')
}
