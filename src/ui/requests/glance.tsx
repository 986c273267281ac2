import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import type { SummaryJson } from '../../query/wire/list.ts'
import type { Filter } from '../filter.ts'
import { count, duration, plural } from '../format.ts'
import { hrefOf } from '../location.ts'
import { overviewOf } from './overview.ts'

/** So many phases are named; the rest is one line. */
const NAMED = 6

/** The requests of the list taken together: how long they took, and where their time went. A phase leads to those that have it. */
export function Glance({ items, filter }: { items: readonly SummaryJson[]; filter: Filter }): VNode {
  const { requests, running, failed, p50, p95, shares } = useMemo(() => overviewOf(items), [items])
  const named = shares.slice(0, NAMED).filter(({ permille }) => permille > 0)
  const most = named[0]?.permille ?? 1
  const rest = shares.slice(NAMED).reduce((sum, { permille }) => sum + permille, 0)
  return (
    <section class="glance" aria-label="Where the time of these requests went">
      <p class="muted">
        {requests > 0 && (
          <>
            {plural(requests, 'request')}, p50 <b>{duration(p50)}</b>, p95 <b>{duration(p95)}</b>
          </>
        )}
        {running > 0 && (
          <>
            {requests > 0 && ' · '}
            <a href={hrefOf({ page: 'requests', filter: { ...filter, inFlight: '1', error: '' } })}>{count(running)} running</a>
          </>
        )}
        {failed > 0 && (
          <>
            {' · '}
            <a class="tone-bad" href={hrefOf({ page: 'requests', filter: { ...filter, error: '1', inFlight: '' } })}>
              {count(failed)} failed
            </a>
          </>
        )}
      </p>
      <ol>
        {named.map(({ phase, permille }) => {
          const body = (
            <>
              <span>{phase.label}</span>
              <span class="meter" aria-hidden="true">
                <i style={{ width: `${(permille / most) * 100}%` }} />
              </span>
              <span class="share">{(permille / 10).toFixed(1)} %</span>
            </>
          )
          const filterable = phase.id !== 'gap' && phase.id !== 'other'
          return (
            <li key={phase.id} class={phase.className} title={phase.meaning}>
              {filterable ? (
                <a href={hrefOf({ page: 'requests', filter: { ...filter, phase: phase.id } })}>{body}</a>
              ) : (
                <span class="a">{body}</span>
              )}
            </li>
          )
        })}
      </ol>
      {rest > 0 && (
        <p class="muted rest">
          <span>{shares.length - NAMED} more</span> <span class="share">{(rest / 10).toFixed(1)} %</span>
        </p>
      )}
    </section>
  )
}
