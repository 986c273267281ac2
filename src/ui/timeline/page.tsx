import type { VNode } from 'preact'
import { useCallback, useEffect, useMemo, useReducer, useState } from 'preact/hooks'
import type { SummaryJson } from '../../query/wire/list.ts'
import { outline } from '../api.ts'
import { useLive, useReturns } from '../live.ts'
import { useLoaded } from '../loading.ts'
import { go } from '../navigate.ts'
import { Failure, Notice, Waiting } from '../notice.tsx'
import { ApiError } from '../api.ts'
import { About } from './about.tsx'
import { Breakdown } from './breakdown.tsx'
import { Details } from './details.tsx'
import { Stage } from './stage.tsx'
import { act, firstView } from './state.ts'
import { readTrace, type Trace } from './trace.ts'
import { useTimelineKeys } from './use-keys.ts'
import { Waterfall } from './waterfall.tsx'

/** Loads a timeline, and again when a later version of it is told. */
function useTrace(traceId: string): { trace: Trace | undefined; error: Error | undefined } {
  const [version, setVersion] = useState('')
  const returns = useReturns()
  const load = useCallback((signal: AbortSignal) => outline(traceId, signal), [traceId, version, returns])
  const { data, error } = useLoaded(load)
  const known = data?.version
  useLive(
    useCallback(
      (summary: SummaryJson) => {
        if (summary.traceId === traceId && summary.version !== known) setVersion(summary.version)
      },
      [traceId, known],
    ),
  )
  return { trace: useMemo(() => (data === undefined ? undefined : readTrace(data)), [data]), error }
}

/** The timeline of one request. */
export function TimelinePage({ traceId, span, find }: { traceId: string; span: string | null; find: string }): VNode {
  const { trace, error } = useTrace(traceId)
  if (trace !== undefined) return <Timeline trace={trace} span={span} find={find} />
  if (error === undefined) return <Waiting what="the timeline" />
  if (!(error instanceof ApiError) || error.code !== 'not_found') return <Failure error={error} />
  return (
    <Notice alone title="This timeline is not here">
      <p>
        Nothing is known of <code>{traceId}</code>: it never arrived, or it was older than what is kept. If it was just made, it
        appears by itself once its spans are sent.
      </p>
      <p>
        <a class="button" href="/">
          All requests
        </a>
      </p>
    </Notice>
  )
}

function Timeline({ trace, span, find }: { trace: Trace; span: string | null; find: string }): VNode {
  const [view, dispatch] = useReducer(act, undefined, () => firstView(trace, span, find))
  useEffect(() => dispatch({ type: 'trace', trace }), [trace])
  useTimelineKeys(dispatch)
  useEffect(() => void (document.title = `${trace.outline.summary.name} · Phaseline`), [trace])
  const open = view.details && view.selected >= 0
  const shownSpan = open ? trace.spanId(view.selected) : null
  const { traceId } = trace.outline
  useEffect(() => go({ page: 'timeline', traceId, span: shownSpan, find: view.query }, true), [shownSpan, view.query])
  return (
    <div class={open ? 'timeline with-details' : 'timeline'}>
      <About trace={trace} dispatch={dispatch} />
      <Breakdown phases={trace.outline.phases} chosen={view.phase} dispatch={dispatch} />
      <Stage view={view} dispatch={dispatch} />
      <Waterfall view={view} dispatch={dispatch} />
      {open && <Details trace={view.trace} span={view.selected} dispatch={dispatch} />}
    </div>
  )
}
