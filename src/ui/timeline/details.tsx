import type { VNode } from 'preact'
import { useCallback } from 'preact/hooks'
import type { SpanDetailJson } from '../../query/wire/timeline.ts'
import { spans } from '../api.ts'
import { duration, durationParts, percent, timeOfDay } from '../format.ts'
import { useLoaded } from '../loading.ts'
import { phaseLook } from '../phases.ts'
import { warningWords } from '../words.ts'
import { Code } from './code.tsx'
import { Pairs, textOf } from './pairs.tsx'
import type { Act } from './state.ts'
import type { Trace } from './trace.ts'

function Figure({ name, ns, of }: { name: string; ns: number; of?: number }): VNode {
  const [figure, unit] = durationParts(ns)
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {figure} <small>{unit}</small> {of !== undefined && of > 0 && <small>· {percent(ns / of)}</small>}
      </dd>
    </div>
  )
}

function Figures({ trace, detail }: { trace: Trace; detail: SpanDetailJson }): VNode {
  const total = trace.total
  const whole = Number(BigInt(detail.end) - BigInt(detail.start))
  return (
    <dl class="figures">
      <Figure name="Total" ns={whole} of={total} />
      <Figure name="Self" ns={Number(detail.selfNs)} of={total} />
      <Figure name="Begins at" ns={Number(BigInt(detail.start) - BigInt(trace.outline.start))} />
      <Figure name="On the critical path" ns={Number(detail.criticalNs)} of={total} />
      <Figure name="Saved if it were free" ns={Number(detail.dragNs)} of={total} />
      <Figure name="Slack" ns={Number(detail.slackNs)} />
    </dl>
  )
}

function Cautions({ detail }: { detail: SpanDetailJson }): VNode {
  return (
    <>
      {detail.error && (
        <p class="caution bad">
          <b>Failed</b> {detail.statusMessage || textOf(detail.attributes['error.type'] ?? '')}
        </p>
      )}
      {detail.warnings.map((warning) => {
        const { title, meaning } = warningWords(warning)
        return (
          <p key={warning} class="caution">
            <b>{title}</b> {meaning}
          </p>
        )
      })}
    </>
  )
}

/** Raw against corrected times, where a clock was corrected. */
function Clock({ detail }: { detail: SpanDetailJson }): VNode | null {
  if (detail.start === detail.rawStart && detail.end === detail.rawEnd) return null
  const shift = Number(BigInt(detail.start) - BigInt(detail.rawStart))
  return (
    <Pairs
      title="Clock"
      pairs={[
        ['as sent', `${timeOfDay(detail.rawStart)} – ${timeOfDay(detail.rawEnd)}`],
        ['corrected', `${timeOfDay(detail.start)} – ${timeOfDay(detail.end)}`],
        ['moved by', `${shift < 0 ? '−' : '+'}${duration(Math.abs(shift))}`],
      ]}
    />
  )
}

function Events({ trace, detail }: { trace: Trace; detail: SpanDetailJson }): VNode {
  const start = BigInt(trace.outline.start)
  return (
    <>
      {detail.events.map((event, index) => (
        <Pairs
          key={index}
          title={`Event ${event.name} at ${duration(Number(BigInt(event.time) - start))}`}
          pairs={[['name', event.name], ...Object.entries(event.attributes)]}
        />
      ))}
    </>
  )
}

function Ids({ detail }: { detail: SpanDetailJson }): VNode {
  const links = detail.links.map((link, index): [string, string] => [`link ${index + 1}`, `${link.traceId} ${link.spanId}`])
  return (
    <Pairs
      title="Span"
      pairs={[
        ['span id', detail.spanId],
        ['parent', detail.parentSpanId ?? 'none'],
        ...(detail.recordedParentSpanId === detail.parentSpanId
          ? []
          : [['parent as sent', detail.recordedParentSpanId ?? 'none'] as const]),
        ['service', detail.service],
        ['host', detail.host],
        ['kind', detail.kind],
        ...(detail.scope.name === '' ? [] : [['scope', `${detail.scope.name} ${detail.scope.version}`] as const]),
        ...links,
      ]}
    />
  )
}

function Body({ trace, detail }: { trace: Trace; detail: SpanDetailJson }): VNode {
  return (
    <>
      <Figures trace={trace} detail={detail} />
      <Cautions detail={detail} />
      <Code attributes={detail.attributes} />
      <Pairs title="Attributes" pairs={Object.entries(detail.attributes)} />
      <Clock detail={detail} />
      <Events trace={trace} detail={detail} />
      <Ids detail={detail} />
      <Pairs title="Resource" pairs={Object.entries(detail.resource)} />
    </>
  )
}

/** Everything about the selected span, at the side. */
export function Details({ trace, span, dispatch }: { trace: Trace; span: number; dispatch: (act: Act) => void }): VNode {
  const spanId = trace.spanId(span)
  const { traceId } = trace.outline
  const load = useCallback((signal: AbortSignal) => spans(traceId, spanId, signal), [traceId, spanId])
  const { data, error } = useLoaded(load)
  const offset = String(BigInt(trace.outline.start) + BigInt(trace.start[span] as number))
  const detail = data?.spans.find((one) => one.start === offset) ?? data?.spans[0]
  const look = phaseLook(trace.phase(span))
  return (
    <aside class={`details ${look.className}`} aria-label="Span details">
      <header>
        <h2>{trace.name(span)}</h2>
        <button
          type="button"
          class="button quiet square"
          aria-label="Close details"
          onClick={() => dispatch({ type: 'details' })}
        >
          ×
        </button>
      </header>
      <p class="phase-line">
        <i class="swatch" />
        <span>
          <b>{look.label}</b> · {look.meaning}
        </span>
      </p>
      {error !== undefined && <p class="caution bad">{error.message}</p>}
      {detail !== undefined && detail.spanId === spanId && <Body trace={trace} detail={detail} />}
    </aside>
  )
}
