import type { VNode } from 'preact'
import { useCallback, useMemo, useState } from 'preact/hooks'
import type { SummaryJson } from '../../query/wire/list.ts'
import { list } from '../api.ts'
import { NO_FILTER } from '../filter.ts'
import { duration, timeOfDay } from '../format.ts'
import { useLoaded } from '../loading.ts'
import { hrefOf, traceIdOf } from '../location.ts'
import { go } from '../navigate.ts'
import { Status } from '../request-words.tsx'
import { FIRST_WINDOWS } from '../windows/windows.ts'
import { choices } from './choices.ts'

/** A field for a trace id. @param pick gets 32 hexadecimal digits */
function Paste({ pick }: { pick: (traceId: string) => void }): VNode {
  const [text, setText] = useState('')
  const id = traceIdOf(text)
  return (
    <form
      class="paste"
      onSubmit={(event) => {
        event.preventDefault()
        if (id !== null) pick(id)
      }}
    >
      <input
        class="field mono"
        aria-label="Trace id"
        placeholder="Paste a trace id"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={id === null}>
        Compare
      </button>
    </form>
  )
}

/** Requests of the same route. */
function Choices({ summary }: { summary: SummaryJson }): VNode {
  const { traceId, route, service, name } = summary
  const load = useCallback(
    (signal: AbortSignal) => list({ ...NO_FILTER, ...(route === null ? { service, q: name } : { route }) }, null, signal),
    [traceId, route],
  )
  const { data, busy } = useLoaded(load)
  const found = useMemo(() => choices(data?.items ?? [], traceId), [data, traceId])
  if (busy) return <p class="muted">Looking for other requests…</p>
  if (found.length === 0) return <p class="muted">There is no other request to {route ?? name} yet.</p>
  return (
    <ul class="choices" aria-label={`Other requests to ${route ?? name}`}>
      {found.map(({ what, item }) => (
        <li key={what}>
          <a class="button" href={hrefOf({ page: 'compare', a: traceId, b: item.traceId })}>
            <b>{what}</b> <span class="figure">{duration(Number(item.durationNs))}</span> <Status summary={item} />
            <span class="muted">{timeOfDay(item.start)}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

/** What to compare a timeline with. */
export function Picker({ summary }: { summary: SummaryJson }): VNode {
  return (
    <section class="panel" aria-label="Compare with">
      <h2>Compare with another request of {summary.route ?? summary.name}</h2>
      <Choices summary={summary} />
      {summary.route !== null && (
        <p class="muted beneath">
          Or all of its requests:{' '}
          <a href={hrefOf({ page: 'windows', windows: { ...FIRST_WINDOWS, service: summary.service, route: summary.route } })}>
            what got slower lately
          </a>
        </p>
      )}
      <Paste pick={(b) => go({ page: 'compare', a: summary.traceId, b })} />
    </section>
  )
}

/** No timeline yet. */
export function FirstPicker(): VNode {
  return (
    <section class="panel" aria-label="Compare">
      <h2>Compare two timelines</h2>
      <p class="muted">
        Open a <a href="/">request</a> and press “Compare with…”, or begin with its id:
      </p>
      <Paste pick={(a) => go({ page: 'compare', a, b: null })} />
    </section>
  )
}
