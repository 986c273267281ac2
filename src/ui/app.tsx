import type { VNode } from 'preact'
import type { AlertsJson } from '../query/wire/alerts.ts'
import { firingIn } from './alerts/groups.ts'
import { AlertsPage } from './alerts/page.tsx'
import { alerts } from './api.ts'
import { ComparePage } from './compare/page.tsx'
import { Header } from './header.tsx'
import { usePolled, type Loaded } from './loading.ts'
import { hrefOf, type Place } from './location.ts'
import { MiddlewarePage } from './middleware/page.tsx'
import { usePlace } from './navigate.ts'
import { Notice } from './notice.tsx'
import { RequestsPage } from './requests/page.tsx'
import { StatusPage } from './status.tsx'
import { TimelinePage } from './timeline/page.tsx'
import { WindowsPage } from './windows/page.tsx'

/** Milliseconds between two looks at the alerts: the header counts them on every page. */
const EVERY = 5000

function Page({ place, told }: { place: Place; told: Loaded<AlertsJson> }): VNode {
  if (place.page === 'requests') return <RequestsPage filter={place.filter} />
  if (place.page === 'timeline')
    return <TimelinePage key={place.traceId} traceId={place.traceId} span={place.span} find={place.find ?? ''} />
  if (place.page === 'middleware') return <MiddlewarePage board={place.board} />
  if (place.page === 'alerts') return <AlertsPage told={told} />
  if (place.page === 'windows') return <WindowsPage windows={place.windows} />
  if (place.page === 'compare') return <ComparePage a={place.a} b={place.b} />
  if (place.page === 'status') return <StatusPage told={told} />
  if (hrefOf(place).startsWith('/trace/'))
    return (
      <Notice alone title="That is no trace id">
        <p>
          A trace id has up to 32 digits, 0–9 and a–f; <code>{hrefOf(place).slice(7)}</code> has something else in it.
        </p>
        <a class="button" href="/">
          All requests
        </a>
      </Notice>
    )
  return (
    <Notice alone title="There is no such page">
      <p>
        Nothing lives at <code>{hrefOf(place)}</code>.
      </p>
      <a class="button" href="/">
        All requests
      </a>
    </Notice>
  )
}

/** Past the header, which is the same on every page; the address stays as it is. */
function skip(event: Event): void {
  event.preventDefault()
  document.querySelector('main')?.focus()
}

/** The whole page. */
export function App(): VNode {
  const place = usePlace()
  const told = usePolled(alerts, EVERY)
  return (
    <>
      <a class="skip button" href="#main" onClick={skip}>
        Skip to content
      </a>
      <Header place={place} firing={firingIn(told.data)} />
      <main id="main" tabIndex={-1}>
        <Page place={place} told={told} />
      </main>
    </>
  )
}
