import type { VNode } from 'preact'
import type { OutlineJson } from '../../query/wire/outline.ts'
import { Copy } from '../copy.tsx'
import { count, day, duration, plural, timeOfDay } from '../format.ts'
import { hrefOf } from '../location.ts'
import { RouteName, Status } from '../request-words.tsx'
import { Answer } from './answer.tsx'
import { Failure } from './failure.tsx'
import { laneOrder } from './lane-pieces.ts'
import type { Act } from './state.ts'
import type { Trace } from './trace.ts'
import { warningWords } from '../words.ts'

/** Only what a browser fetches: a link from the configuration is trusted, what it says is still checked. */
function webLink(url: string | undefined): string | undefined {
  return url !== undefined && /^https?:\/\//i.test(url) ? url : undefined
}

function Actions({ outline }: { outline: OutlineJson }): VNode {
  const jaeger = webLink(outline.jaegerUrl)
  return (
    <div class="actions">
      <a class="button" href={hrefOf({ page: 'compare', a: outline.traceId, b: null })}>
        Compare with…
      </a>
      {jaeger !== undefined && (
        <a class="button" href={jaeger} target="_blank" rel="noreferrer">
          Open in Jaeger
        </a>
      )}
      <a class="button" href={`/api/timelines/${outline.traceId}`} target="_blank" rel="noreferrer">
        JSON
      </a>
    </div>
  )
}

function Warnings({ warnings }: { warnings: Record<string, number> }): VNode | null {
  const all = Object.entries(warnings)
  if (all.length === 0) return null
  return (
    <ul class="warnings" aria-label="Warnings">
      {all.map(([warning, times]) => {
        const { title, meaning } = warningWords(warning)
        return (
          <li key={warning} title={meaning}>
            <b>
              {title}
              {times > 1 && warning !== 'in_flight' ? ` ×${count(times)}` : ''}
            </b>{' '}
            {meaning}
          </li>
        )
      })}
    </ul>
  )
}

/** Who took part, in the order of the request's way. */
function services(outline: OutlineJson): string[] {
  const { lanes, strings, spans } = outline
  const names = laneOrder({ lanes }).flatMap((lane) => (lanes[lane]?.kind === 'database' ? [] : [lanes[lane]?.name ?? '']))
  return [...new Set([...names, ...spans.service.map((service) => strings[service] ?? '')])].filter((name) => name !== '')
}

/** What the timeline is of: the request, its answer, how long, when, who took part. */
export function About({ trace, dispatch }: { trace: Trace; dispatch: (act: Act) => void }): VNode {
  const { outline } = trace
  const { summary } = outline
  return (
    <section class="about" aria-label="Request">
      <div class="line">
        <h1>
          <RouteName summary={summary} />
        </h1>
        <Status summary={summary} />
        <span class="total" data-testid="total">
          {duration(Number(outline.durationNs))}
        </span>
        <Answer trace={trace} dispatch={dispatch} />
        <Actions outline={outline} />
      </div>
      <div class="line facts-line">
        <span>
          {day(outline.start)}, {timeOfDay(outline.start)}
        </span>
        <span>{services(outline).join(' → ')}</span>
        <span>{plural(summary.spanCount, 'span')}</span>
        <span>
          <code>{outline.traceId}</code> <Copy text={outline.traceId} what="trace id" />
        </span>
      </div>
      <Failure trace={trace} dispatch={dispatch} />
      <Warnings warnings={outline.warnings} />
    </section>
  )
}
