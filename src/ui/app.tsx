import type { VNode } from 'preact'
import { Header } from './header.tsx'
import { hrefOf, type Place } from './location.ts'
import { MiddlewarePage } from './middleware/page.tsx'
import { usePlace } from './navigate.ts'
import { Notice } from './notice.tsx'
import { RequestsPage } from './requests/page.tsx'
import { StatusPage } from './status.tsx'
import { TimelinePage } from './timeline/page.tsx'

function Page({ place }: { place: Place }): VNode {
  if (place.page === 'requests') return <RequestsPage filter={place.filter} />
  if (place.page === 'timeline')
    return <TimelinePage key={place.traceId} traceId={place.traceId} span={place.span} find={place.find ?? ''} />
  if (place.page === 'middleware') return <MiddlewarePage board={place.board} />
  if (place.page === 'status') return <StatusPage />
  return (
    <Notice title="There is no such page">
      <p>
        Nothing lives at <code>{hrefOf(place)}</code>. <a href="/">All requests</a> are on the first page.
      </p>
    </Notice>
  )
}

/** The whole page. */
export function App(): VNode {
  const place = usePlace()
  return (
    <>
      <Header place={place} />
      <main>
        <Page place={place} />
      </main>
    </>
  )
}
