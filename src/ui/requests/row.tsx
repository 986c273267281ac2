import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import type { SummaryJson } from '../../query/wire/list.ts'
import { breakdown } from '../breakdown.ts'
import { duration, durationParts, percent, timeOfDay } from '../format.ts'
import { failed, RouteName, Status } from '../request-words.tsx'
import { warningWords } from '../words.ts'

/** The phases of a request, side by side: one glance says where its time went. */
function MiniBar({ item }: { item: SummaryJson }): VNode {
  const shares = breakdown(item.phases)
  const top = shares.toSorted((a, b) => b.ns - a.ns).slice(0, 3)
  const words = top.map((share) => `${share.phase.label} ${duration(share.ns)} (${percent(share.permille / 1000)})`).join(', ')
  return (
    <span class="stack" role="img" aria-label={`Mostly ${words}`} title={words}>
      {shares.map(({ phase, ns }) => (
        <i key={phase.id} class={`slice ${phase.className}`} style={{ flexGrow: String(ns) }} />
      ))}
    </span>
  )
}

/** Warnings in a word, the one that somebody can do most about first; all others are a sign. */
const SHORT: Readonly<Record<string, string>> = {
  n_plus_one: 'N+1',
  clock_skew: 'clock',
  orphan: 'orphan',
  cut_loop: 'loop',
  conflict: 'conflict',
  truncated: 'cut',
}

function Marks({ item }: { item: SummaryJson }): VNode {
  const told = Object.keys(SHORT).find((warning) => warning in item.warnings) ?? ''
  // That it is running is said by its status.
  const warnings = Object.entries(item.warnings)
    .filter(([warning]) => warning !== 'in_flight')
    .map(([warning, times]) => `${warningWords(warning).title} ×${times}`)
  return (
    <span class="marks">
      {item.inFlight && item.status !== null && <span class="pill tone-plain">running</span>}
      {warnings.length > 0 && (
        <span class="pill tone-warn" role="img" aria-label={warnings.join(', ')} title={warnings.join('\n')}>
          {SHORT[told] ?? '⚠'}
          {warnings.length > 1 && ` +${warnings.length - 1}`}
        </span>
      )}
    </span>
  )
}

/** The middleware whose own time was longest. */
function Slowest({ item }: { item: SummaryJson }): VNode {
  const { slowestMiddleware: slowest } = item
  if (slowest === null) return <span class="slowest muted">–</span>
  const hook = slowest.hook.replace(/^process_/, '')
  return (
    <span class="slowest" title={`${slowest.name} ${slowest.hook}, ${duration(Number(slowest.selfNs))} of its own`}>
      <b>{slowest.name.replace(/Middleware$/, '')}</b> <span class="muted">{hook}</span>{' '}
      <span class="figure">{duration(Number(slowest.selfNs))}</span>
    </span>
  )
}

/** One line of the list. `longest` in nanoseconds: durations are drawn against it, and what is longer is as long. */
export function Row({ item, longest }: { item: SummaryJson; longest: number }): VNode {
  // The same node again tells Preact that nothing changed: a live list draws one row, not five hundred.
  return useMemo(() => <Line item={item} longest={longest} />, [item, longest])
}

function Line({ item, longest }: { item: SummaryJson; longest: number }): VNode {
  const ns = Number(item.durationNs)
  const [figure, unit] = durationParts(ns)
  return (
    <li>
      <a class={failed(item) ? 'request failed' : 'request'} href={`/trace/${item.traceId}`}>
        <time class="muted mono">{timeOfDay(item.start)}</time>
        <RouteName summary={item} />
        <Status summary={item} />
        <span class="took">
          <i aria-hidden="true" style={{ width: `${Math.min(1, ns / Math.max(1, longest)) * 50}px` }} />
          <span>
            {figure} <small>{unit}</small>
          </span>
        </span>
        <MiniBar item={item} />
        <Slowest item={item} />
        <span class="services muted" title={item.services.join(', ')}>
          {item.service}
          {item.services.length > 1 && <small> +{item.services.length - 1}</small>}
        </span>
        <Marks item={item} />
      </a>
    </li>
  )
}
