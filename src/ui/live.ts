import { useEffect, useState } from 'preact/hooks'
import type { NewsJson } from '../query/wire/list.ts'

/** Whether news arrive. */
export type Link = 'connecting' | 'live' | 'lost'

type Listener = (summary: NewsJson) => void

const listeners = new Set<Listener>()
const watchers = new Set<(link: Link) => void>()
let source: EventSource | undefined
let link: Link = 'connecting'

function tell(next: Link): void {
  link = next
  for (const watcher of watchers) watcher(next)
}

/** One connection for the whole page: browsers allow six per host. It reconnects by itself; the server resumes where it was. */
function connect(): void {
  source = new EventSource('/api/live')
  source.addEventListener('open', () => tell('live'))
  source.addEventListener('error', () => {
    tell('lost')
    // A browser gives up for good after an answer that is no stream: then we try again.
    if (source?.readyState === EventSource.CLOSED) setTimeout(connect, 2000)
  })
  source.addEventListener('summary', (event: MessageEvent<string>) => {
    const summary = JSON.parse(event.data) as NewsJson
    for (const listener of listeners) listener(summary)
  })
}

/** Calls `listener` with each new or changed timeline while the component lives. Keep it stable. */
export function useLive(listener: Listener): void {
  useEffect(() => {
    if (source === undefined) connect()
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [listener])
}

/** The state of the connection. */
export function useLink(): Link {
  const [state, setState] = useState(link)
  useEffect(() => {
    if (source === undefined) connect()
    setState(link)
    watchers.add(setState)
    return () => void watchers.delete(setState)
  }, [])
  return state
}
