import { setTimeout as pause } from 'node:timers/promises'
import type { ErrorJson } from '../query/wire/json.ts'
import type { SpanJson, TimelineJson } from '../query/wire/timeline.ts'
import { StartError } from './command.ts'

/** Sends OTLP bodies to a collector. @returns whether it took all of them */
export async function deliver(to: URL, bodies: readonly Buffer[]): Promise<boolean> {
  try {
    for (const body of bodies) {
      const answer = await fetch(new URL('/v1/traces', to), {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(5_000),
      })
      await answer.arrayBuffer()
      if (!answer.ok) return false
    }
    return true
  } catch {
    return false
  }
}

/** A timeline that has not changed for so long is taken as complete. */
const QUIET = 1_000
/** The same where a service has not sent yet, as others show: longer than an OpenTelemetry SDK keeps a batch, five seconds. */
const QUIET_WITH_HOLES = 6_000
const BETWEEN = 200

/**
 * Asks a collector for a timeline until somebody else's spans have joined it and it has come to rest.
 * @param own the service whose spans are no news
 * @param wait at most so many ms
 * @returns the newest that was seen; undefined if there was none
 */
export async function joined(page: URL, traceId: string, own: string, wait: number): Promise<TimelineJson | undefined> {
  const until = performance.now() + wait
  let newest: TimelineJson | undefined
  let since = performance.now()
  for (;;) {
    const timeline = await timelineOf(page, traceId)
    if (timeline !== undefined && timeline.version !== newest?.version) {
      newest = timeline
      since = performance.now()
    }
    const complete = newest?.spans.some(({ service, synthetic }) => service !== own && !synthetic)
    const quiet = newest !== undefined && (newest.spans.some(isHole) || lacksApp(newest)) ? QUIET_WITH_HOLES : QUIET
    if ((complete === true && performance.now() - since >= quiet) || performance.now() + BETWEEN > until) return newest
    await pause(BETWEEN)
  }
}

/** Stands for a parent that did not come, or not yet. */
function isHole({ synthetic, parentSpanId }: SpanJson): boolean {
  return synthetic && parentSpanId !== null
}

/** Whether a proxy's spans are there, from its log perhaps, and nobody's that it waited for. */
function lacksApp({ spans }: TimelineJson): boolean {
  return spans.some(({ phase }) => phase === 'proxy.wait') && !spans.some(({ phase }) => phase === 'gateway')
}

async function timelineOf(page: URL, traceId: string): Promise<TimelineJson | undefined> {
  try {
    const answer = await fetch(new URL(`/api/timelines/${traceId}`, page), { signal: AbortSignal.timeout(5_000) })
    const body = (await answer.json()) as TimelineJson
    return answer.ok ? body : undefined
  } catch {
    return undefined
  }
}

/** Asks a collector's page. @returns undefined for what is not there @throws StartError if nobody answers as expected */
export async function askPage(url: URL): Promise<unknown> {
  let answer: Response
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(30_000) })
  } catch (error) {
    throw new StartError(`nothing answers at ${url.origin}: is the collector running? (phaseline collect)`, { cause: error })
  }
  if (answer.status === 404) return undefined
  if (answer.ok) return await answer.json()
  const said = (await answer.json().catch(() => undefined)) as Partial<ErrorJson> | undefined
  throw new StartError(said?.error?.message ?? `${url.href} answered ${answer.status}`)
}
