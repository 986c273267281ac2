import type { VNode } from 'preact'
import { useCallback } from 'preact/hooks'
import type { SpanDetailJson } from '../../query/wire/timeline.ts'
import { spans } from '../api.ts'
import { useLoaded } from '../loading.ts'
import { failed } from '../request-words.tsx'
import { textOf } from './pairs.tsx'
import type { Act } from './state.ts'
import { FLAG, type Trace } from './trace.ts'

/** Where a failure began: the deepest span that failed, of several the first; -1 for none. */
function failedFirst({ size, depth, flags }: Pick<Trace, 'size' | 'depth' | 'flags'>): number {
  let found = -1
  for (let span = 0; span < size; span++) {
    if (((flags[span] as number) & FLAG.error) === 0) continue
    if (found < 0 || (depth[span] as number) > (depth[found] as number)) found = span
  }
  return found
}

/** What it says of its failure: its message, that of its exception, or the kind of error. */
function failureWords({ statusMessage, attributes, events }: SpanDetailJson): string {
  const exception = events.find(({ name }) => name === 'exception')?.attributes ?? {}
  const kind = attributes['error.type'] ?? exception['exception.type'] ?? ''
  const message = statusMessage || textOf(exception['exception.message'] ?? '')
  return [textOf(kind), message].filter((part) => part !== '').join(': ')
}

/** Of a request that failed: in which span, and what that says of it. A click goes there. */
export function Failure({ trace, dispatch }: { trace: Trace; dispatch: (act: Act) => void }): VNode | null {
  return failed(trace.outline.summary) ? <FailedIn trace={trace} span={failedFirst(trace)} dispatch={dispatch} /> : null
}

interface Props {
  readonly trace: Trace
  readonly span: number
  readonly dispatch: (act: Act) => void
}

function FailedIn({ trace, span, dispatch }: Props): VNode | null {
  const { traceId } = trace.outline
  const spanId = span < 0 ? '' : trace.spanId(span)
  const load = useCallback(
    async (signal: AbortSignal) =>
      spanId === '' ? undefined : (await spans(traceId, spanId, signal)).spans.find(({ error }) => error),
    [traceId, spanId],
  )
  const { data } = useLoaded(load)
  if (span < 0) return null
  const words = data === undefined ? '' : failureWords(data)
  return (
    <button type="button" class="failure" onClick={() => dispatch({ type: 'select', span, details: true })}>
      <span>
        Failed in <b>{trace.name(span)}</b>
        {words !== '' && `: ${words}`}
      </span>
    </button>
  )
}
