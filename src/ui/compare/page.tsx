import type { VNode } from 'preact'
import { useCallback, useEffect, useMemo } from 'preact/hooks'
import { outline } from '../api.ts'
import { breakdown } from '../breakdown.ts'
import { day, duration, percent, timeOfDay } from '../format.ts'
import { useLoaded, type Loaded } from '../loading.ts'
import { hrefOf } from '../location.ts'
import { Failure, Waiting } from '../notice.tsx'
import { RouteName, Status } from '../request-words.tsx'
import { readTrace, type Trace } from '../timeline/trace.ts'
import { changeText } from './change.tsx'
import { mostly, phaseChanges, type PhaseChange } from './phase-changes.ts'
import { PhaseTable } from './phase-table.tsx'
import { FirstPicker, Picker } from './picker.tsx'
import { SpanTable } from './span-table.tsx'

/** A change of this share of the longer timeline is no great one. */
const SMALL = 0.05

/** A timeline; none if there is no id. */
function useTimeline(traceId: string | null): Loaded<Trace | null> {
  const load = useCallback(
    async (signal: AbortSignal) => (traceId === null ? null : readTrace(await outline(traceId, signal))),
    [traceId],
  )
  const loaded = useLoaded(load)
  // What was there before an id changed is another timeline.
  return loaded.data?.outline.traceId === (traceId ?? undefined)
    ? loaded
    : { ...loaded, data: traceId === null ? null : undefined }
}

function Side({ letter, trace, longest }: { letter: string; trace: Trace; longest: number }): VNode {
  const { summary, start, traceId } = trace.outline
  const shares = breakdown(trace.outline.phases)
  return (
    <section class="compared" aria-label={`Timeline ${letter}`}>
      <div class="line">
        <b class="letter">{letter}</b>
        <a href={hrefOf({ page: 'timeline', traceId, span: null })}>
          <RouteName summary={summary} />
        </a>
        <Status summary={summary} />
        <span class="muted">
          {day(start)}, {timeOfDay(start)}
        </span>
        <b class="total">{duration(trace.total)}</b>
      </div>
      <div class="stack" style={{ width: `${Math.max(2, (trace.total / Math.max(1, longest)) * 100)}%` }} aria-hidden="true">
        {shares.map(({ phase, ns }) => (
          <i key={phase.id} class={`slice ${phase.className}`} style={{ flexGrow: String(ns) }} title={phase.label} />
        ))}
      </div>
    </section>
  )
}

/** What it comes down to, in a sentence. */
function Verdict({ a, b, changes }: { a: Trace; b: Trace; changes: readonly PhaseChange[] }): VNode {
  const total = b.total - a.total
  if (Math.abs(total) < Math.max(a.total, b.total) * 0.01) {
    return <p class="verdict">Both took the same time, within 1 %. What changed places is below.</p>
  }
  const share = Math.abs(total) / Math.max(1, a.total)
  const most = mostly(changes, total)
  return (
    <p class="verdict">
      B took <b class={total > 0 ? 'tone-bad' : 'tone-good'}>{duration(Math.abs(total))}</b> {total > 0 ? 'longer' : 'less'} (
      {share >= 2 && total > 0 ? `${(b.total / Math.max(1, a.total)).toFixed(1)} times as long` : percent(share)}), mostly{' '}
      {most.map(({ phase, change }, index) => (
        <span key={phase.id} class={phase.className}>
          {index > 0 && ', '}
          <i class="swatch" /> <b>{phase.label}</b> {changeText(change)}
        </span>
      ))}
      .
    </p>
  )
}

function Both({ a, b }: { a: Trace; b: Trace }): VNode {
  const changes = useMemo(() => phaseChanges(a.outline.phases, b.outline.phases), [a, b])
  const longest = Math.max(a.total, b.total)
  const swap = hrefOf({ page: 'compare', a: b.outline.traceId, b: a.outline.traceId })
  return (
    <>
      <section class="panel two">
        <Side letter="A" trace={a} longest={longest} />
        <Side letter="B" trace={b} longest={longest} />
        <Verdict a={a} b={b} changes={changes} />
        <div class="line">
          <a class="button" href={swap}>
            Swap A and B
          </a>
          <a class="button quiet" href={hrefOf({ page: 'compare', a: a.outline.traceId, b: null })}>
            Another B…
          </a>
        </div>
      </section>
      <section class="panel">
        <h2>By phase, self time</h2>
        <PhaseTable changes={changes} floor={longest * SMALL} />
      </section>
      <SpanTable a={a} b={b} floor={longest * SMALL} />
    </>
  )
}

/** Two timelines: what got slower, and by how much. */
export function ComparePage({ a, b }: { a: string | null; b: string | null }): VNode {
  const one = useTimeline(a)
  const other = useTimeline(b)
  useEffect(() => void (document.title = 'Compare · Phaseline'), [])
  const error = one.error ?? other.error
  if (error !== undefined) return <Failure error={error} />
  if (one.data === undefined || other.data === undefined) return <Waiting what="the timelines" />
  return (
    <div class="board compare">
      <h1 class="unseen">Compare</h1>
      {one.data === null && <FirstPicker />}
      {one.data !== null && other.data === null && (
        <>
          <section class="panel two">
            <Side letter="A" trace={one.data} longest={one.data.total} />
          </section>
          <Picker summary={one.data.outline.summary} />
        </>
      )}
      {one.data !== null && other.data !== null && <Both a={one.data} b={other.data} />}
    </div>
  )
}
