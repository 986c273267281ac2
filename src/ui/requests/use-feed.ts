import { useCallback, useEffect, useReducer, useRef, useState } from 'preact/hooks'
import type { ListJson, NewsJson } from '../../query/wire/list.ts'
import { list } from '../api.ts'
import { fits, type Filter } from '../filter.ts'
import { useLive, useReturns } from '../live.ts'
import { arrived, EMPTY, extended, left, released, type Feed } from './feed.ts'

/** The list, kept up to date, and what can be done with it. */
export interface UsedFeed {
  readonly feed: Feed
  readonly busy: boolean
  readonly error: Error | undefined
  readonly older: (() => void) | undefined
  readonly release: () => void
}

type Change = (feed: Feed) => Feed

/** The requests that a filter lets through. @param paused asked at each arrival: whether new rows have to wait */
export function useFeed(filter: Filter, paused: () => boolean): UsedFeed {
  const [feed, change] = useReducer((former: Feed, by: Change) => by(former), EMPTY)
  const [next, setNext] = useState<string | null>(null)
  const [state, setState] = useState<{ busy: boolean; error?: Error }>({ busy: true })
  const abort = useRef<AbortController>(undefined)
  const returns = useReturns()

  const load = useCallback(
    (cursor: string | null) => {
      abort.current?.abort()
      const { signal } = (abort.current = new AbortController())
      setState({ busy: true })
      const show = (page: ListJson): void => {
        change((former) => extended(cursor === null ? EMPTY : former, page.items))
        setNext(page.next)
        setState({ busy: false })
      }
      list(filter, cursor, signal).then(
        (page) => (signal.aborted ? undefined : show(page)),
        (error: Error) => (signal.aborted ? undefined : setState({ busy: false, error })),
      )
    },
    [filter],
  )

  // Anew when the filter changes, and when the connection is back: something may have been missed.
  useEffect(() => {
    load(null)
  }, [load, returns])
  useLive(
    useCallback(
      (item: NewsJson) => {
        if (fits(item, filter)) change((former) => arrived(former, item, paused()))
        else change((former) => left(former, item))
      },
      [filter, paused],
    ),
  )
  return {
    feed,
    busy: state.busy,
    error: state.error,
    older: next === null ? undefined : () => load(next),
    release: useCallback(() => change(released), []),
  }
}
