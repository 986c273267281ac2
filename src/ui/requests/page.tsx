import type { VNode } from 'preact'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { SummaryJson } from '../../query/wire/list.ts'
import type { MiddlewareJson } from '../../query/wire/middleware.ts'
import { middleware } from '../api.ts'
import { narrowed, type Filter } from '../filter.ts'
import { plural } from '../format.ts'
import { useLink } from '../live.ts'
import { useLoaded } from '../loading.ts'
import { Failure, Waiting } from '../notice.tsx'
import { useListKeys } from './keys.ts'
import { Filters } from './filters.tsx'
import { Glance } from './glance.tsx'
import { NoneFits, NothingYet } from './nothing.tsx'
import { Picture } from './picture.tsx'
import { Row } from './row.tsx'
import { useFeed, type UsedFeed } from './use-feed.ts'

/** Scrolled down this far, somebody is reading: new rows wait. Pixels. */
const READING = 40

/** Whether new rows have to wait: the page is scrolled, or the pointer or the focus is on a row. */
function usePaused(): [() => boolean, { onPointerEnter: () => void; onPointerLeave: () => void }] {
  const over = useRef(false)
  const paused = useCallback(
    () => over.current || window.scrollY > READING || document.activeElement?.classList.contains('request') === true,
    [],
  )
  const [handlers] = useState(() => ({
    onPointerEnter: () => void (over.current = true),
    onPointerLeave: () => void (over.current = false),
  }))
  return [paused, handlers]
}

function Columns(): VNode {
  return (
    <div class="request columns" aria-hidden="true">
      <span>Time</span>
      <span>Request</span>
      <span>Status</span>
      <span class="took">Duration</span>
      <span>Where the time went</span>
      <span>Slowest middleware</span>
      <span>Services</span>
      <span />
    </div>
  )
}

/** The 95th percentile, ns: against one that took minutes, all the others would look alike. */
function nearlyLongest(items: readonly SummaryJson[]): number {
  const times = items.map(({ durationNs }) => Number(durationNs)).sort((a, b) => a - b)
  return times[Math.ceil(0.95 * times.length) - 1] ?? 0
}

function List({ used, handlers }: { used: UsedFeed; handlers: object }): VNode {
  const { shown } = used.feed
  const longest = useMemo(() => nearlyLongest(shown), [shown])
  return (
    <section class="list" aria-label="Requests">
      <Columns />
      <ol {...handlers}>
        {shown.map((item) => (
          <Row key={item.traceId} item={item} longest={longest} />
        ))}
      </ol>
      {used.older !== undefined && (
        <button type="button" class="button older" disabled={used.busy} onClick={used.older}>
          Older requests
        </button>
      )}
    </section>
  )
}

/** New rows that wait, and the button that shows them. */
function Held({ used }: { used: UsedFeed }): VNode | null {
  const count = used.feed.held.length
  if (count === 0) return null
  const show = (): void => {
    used.release()
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    window.scrollTo({ top: 0, behavior: still ? 'auto' : 'smooth' })
  }
  return (
    <button type="button" class="held" onClick={show}>
      ↑ {plural(count, 'new request')}
    </button>
  )
}

/** The names of all middlewares that ran lately; asked for once. */
function useMiddlewares(): string[] {
  const { data } = useLoaded(lately)
  return useMemo(() => [...new Set(data?.rows.map(({ name }) => name))].sort(), [data])
}

const lately = (signal: AbortSignal): Promise<MiddlewareJson> => middleware({}, signal)

/** The list of requests, live. */
export function RequestsPage({ filter }: { filter: Filter }): VNode {
  const key = JSON.stringify(filter)
  const steady = useMemo(() => filter, [key])
  const [paused, handlers] = usePaused()
  const used = useFeed(steady, paused)
  const link = useLink()
  useListKeys()
  useEffect(() => void (document.title = 'Requests · Phaseline'), [])
  const { shown } = used.feed
  const middlewares = useMiddlewares()
  // Where there is nothing at all, there is nothing to narrow.
  const some = shown.length > 0 || used.busy || used.error !== undefined
  const services = useMemo(() => [...new Set(shown.flatMap((item) => item.services))].sort(), [shown])
  const routes = useMemo(() => [...new Set(shown.flatMap(({ route }) => route ?? []))].sort(), [shown])
  return (
    <div class="requests">
      <h1 class="unseen">Requests</h1>
      {(some || narrowed(steady)) && <Filters filter={steady} services={services} routes={routes} middlewares={middlewares} />}
      {link === 'lost' && (
        <p class="lost">
          The collector does not answer: what you see is what was known. If it was stopped, start it again with: npx phaseline
          collect. The page reconnects by itself.
        </p>
      )}
      {used.busy && shown.length === 0 && <Waiting what="requests" />}
      {used.error !== undefined && shown.length === 0 && <Failure error={used.error} plain="/" />}
      {shown.length > 0 && (
        <div class="first-sight">
          <Picture items={shown} filter={steady} />
          <Glance items={shown} filter={steady} />
        </div>
      )}
      <Held used={used} />
      {shown.length > 0 && <List used={used} handlers={handlers} />}
      {shown.length === 0 &&
        !used.busy &&
        used.error === undefined &&
        (narrowed(steady) ? <NoneFits filter={steady} /> : <NothingYet />)}
    </div>
  )
}
