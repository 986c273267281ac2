import type { VNode } from 'preact'
import { useCallback, useEffect } from 'preact/hooks'
import { middleware } from '../api.ts'
import { usePolled } from '../loading.ts'
import { Failure, Notice, Waiting } from '../notice.tsx'
import { phaseLook } from '../phases.ts'
import { FIRST_BOARD, type Board } from './board.ts'
import { BoardFilters } from './filters.tsx'
import { Table } from './table.tsx'

/** Milliseconds between two looks. */
const EVERY = 3000

function Nothing({ board }: { board: Board }): VNode {
  const what = board.phase === 'middleware.*' ? 'middleware' : phaseLook(board.phase).label
  return (
    <Notice title={`No ${what} ran`}>
      <p>
        Nothing of this kind took part in a request lately. Rows appear here as requests end.{' '}
        {board.phase === FIRST_BOARD.phase && board.service === '' && board.route === '' ? (
          <>
            How to send some is said under <a href="/">Requests</a>.
          </>
        ) : (
          <a href="/middleware">All middleware</a>
        )}
      </p>
    </Notice>
  )
}

/** Which middleware takes how much of the requests’ time. */
export function MiddlewarePage({ board }: { board: Board }): VNode {
  const { phase, service, route, windowMs } = board
  const load = useCallback(
    (signal: AbortSignal) => middleware({ phase, service, route, windowMs }, signal),
    [phase, service, route, windowMs],
  )
  const { data, error } = usePolled(load, EVERY)
  useEffect(() => void (document.title = 'Middleware · Phaseline'), [])
  if (data === undefined) return error === undefined ? <Waiting what="figures" /> : <Failure error={error} plain="/middleware" />
  return (
    <div class="board">
      <h1 class="unseen">Middleware</h1>
      <BoardFilters board={board} services={data.services} routes={data.routes} />
      {error !== undefined && <p class="lost">{error.message}</p>}
      {data.rows.length === 0 ? <Nothing board={board} /> : <Table board={board} data={data} />}
      {data.rows.length > 0 && (
        <p class="foot">
          Own time only: what a hook waited for counts for what it waited for. Share is of the time of the requests it took part
          in.{board.sort === 'time' && ' What took the most time in all is first.'}
        </p>
      )}
    </div>
  )
}
