import { useEffect, useState } from 'preact/hooks'
import type { NewsJson } from '../query/wire/list.ts'

/** Whether news arrive. Paused: nobody looked at the page. */
export type Link = 'connecting' | 'live' | 'lost' | 'paused'

/** What is known of the connection. */
interface Connection {
  readonly link: Link
  /** How often it was there again after it had been lost or paused: what was told meanwhile was missed. */
  readonly returns: number
}

type Listener = (summary: NewsJson) => void

/** Milliseconds out of sight after which a page leaves its connection to others: browsers allow six per host, for all their tabs. */
const AWAY = 10_000

const listeners = new Set<Listener>()
const watchers = new Set<(now: Connection) => void>()
let source: EventSource | undefined
let now: Connection = { link: 'connecting', returns: 0 }
let timer: ReturnType<typeof setTimeout> | undefined

function tell(link: Link): void {
  const back = link === 'live' && (now.link === 'lost' || now.link === 'paused')
  now = { link, returns: now.returns + (back ? 1 : 0) }
  for (const watcher of watchers) watcher(now)
}

/** One connection for the whole page. It reconnects by itself; the server resumes where it was. */
function connect(): void {
  const own = (source = new EventSource('/api/live'))
  own.addEventListener('open', () => tell('live'))
  own.addEventListener('error', () => {
    tell('lost')
    // A browser gives up for good after an answer that is no stream: then we try again.
    if (own.readyState === EventSource.CLOSED) setTimeout(() => source === own && connect(), 2000)
  })
  own.addEventListener('summary', (event: MessageEvent<string>) => {
    const summary = JSON.parse(event.data) as NewsJson
    for (const listener of listeners) listener(summary)
  })
}

function pause(): void {
  source?.close()
  source = undefined
  tell('paused')
}

/** Connected while somebody can see the page, and a moment longer. */
function look(): void {
  clearTimeout(timer)
  if (!document.hidden) {
    if (source === undefined) connect()
  } else if (source === undefined) tell('paused')
  else timer = setTimeout(pause, AWAY)
}

let begun = false

function begin(): void {
  if (begun) return
  begun = true
  document.addEventListener('visibilitychange', look)
  look()
}

/** Calls `listener` with each new or changed timeline while the component lives. Keep it stable. */
export function useLive(listener: Listener): void {
  useEffect(() => {
    begin()
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [listener])
}

function useConnection(): Connection {
  const [state, setState] = useState(now)
  useEffect(() => {
    begin()
    setState(now)
    watchers.add(setState)
    return () => void watchers.delete(setState)
  }, [])
  return state
}

/** The state of the connection. */
export function useLink(): Link {
  return useConnection().link
}

/** Another number each time that something may have been missed: load anew what is shown. */
export function useReturns(): number {
  return useConnection().returns
}
