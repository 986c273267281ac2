import type { VNode } from 'preact'
import type { FigureJson, RouteChangeJson } from '../../query/wire/windows.ts'
import { Change, ChangeBar, Ends } from '../compare/change.tsx'
import { count, duration } from '../format.ts'
import { hrefOf } from '../location.ts'
import { largest, longer } from './change.ts'
import type { Windows } from './windows.ts'

function Figure({ of, figure }: { of: FigureJson | null; figure: 'p50Ns' | 'p95Ns' }): VNode {
  return of === null ? <td class="number muted">–</td> : <td class="number">{duration(Number(of[figure]))}</td>
}

function Row({ row, windows, most }: { row: RouteChangeJson; windows: Windows; most: number }): VNode {
  const { service, route, before, after } = row
  const change = longer(before, after, 'p50Ns')
  return (
    <tr>
      <th scope="row">
        <a href={hrefOf({ page: 'windows', windows: { ...windows, service, route } })}>
          <b>{route}</b> <small class="muted">{service}</small>
        </a>
      </th>
      <td class="number calls">
        {count(before?.count ?? 0)} → {count(after?.count ?? 0)}
      </td>
      <Figure of={before} figure="p50Ns" />
      <Figure of={after} figure="p50Ns" />
      <td class="bar">
        <ChangeBar ns={change ?? 0} most={most} />
      </td>
      <td class="number">
        {change === undefined ? <OnlyIn before={before} /> : <Change ns={change} most={most} was={Number(before?.p50Ns ?? 0)} />}
      </td>
      <td class="number p95">
        {before !== null && after !== null && (
          <Change ns={longer(before, after, 'p95Ns') as number} most={most} was={Number(before.p95Ns)} />
        )}
      </td>
    </tr>
  )
}

function OnlyIn({ before }: { before: FigureJson | null }): VNode {
  return <span class="muted">{before === null ? 'new' : 'gone'}</span>
}

/** Routes, those whose requests take the most time more first; each leads to its phases. */
export function RouteTable({
  routes,
  windows,
  floor,
}: {
  routes: readonly RouteChangeJson[]
  windows: Windows
  floor: number
}): VNode {
  const most = Math.max(floor, largest(routes))
  return (
    <section class="panel">
      <h2>By route: which got slower</h2>
      <p class="muted">
        Sorted by the time added over all requests. Open a route to see{' '}
        {windows.name === '' ? 'which of its phases it is' : <>what {windows.name} did there</>}.
      </p>
      <table class="plain changes wide">
        <caption class="unseen">Routes in both windows</caption>
        <thead>
          <tr>
            <th scope="col">Route</th>
            <th scope="col" class="number calls">
              Requests
            </th>
            <th scope="col" class="number">
              p50 before
            </th>
            <th scope="col" class="number">
              p50 after
            </th>
            <Ends name="ends bar" />
            <th scope="col" class="number">
              p50 change
            </th>
            <th scope="col" class="number p95">
              p95 change
            </th>
          </tr>
        </thead>
        <tbody>
          {routes.map((row) => (
            <Row key={`${row.service} ${row.route}`} row={row} windows={windows} most={most} />
          ))}
        </tbody>
      </table>
    </section>
  )
}
