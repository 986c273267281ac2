import { OWN } from '../model/attributes.ts'
import type { PhaseId } from '../model/phases.ts'
import { atOnce } from '../model/steps.ts'
import { latencySeconds, streamAround, type StreamBeginning } from '../model/streaming.ts'
import type { Timeline, TimelineSpan } from '../model/timeline.ts'
import type { SeriesBook } from './book.ts'
import { labelValue } from './label-value.ts'
import type { Measure, Subject } from './observation.ts'
import type { Fresh } from './seen.ts'

/** The request that spans are inside of. */
interface Request {
  readonly route: string
  readonly seconds: number
}

const text = (span: TimelineSpan, key: string): string => {
  const value = span.source?.attributes.get(key)
  return typeof value === 'string' ? value : ''
}

/**
 * Adds the phases of a finished timeline to their series.
 * @param fresh those that count; all if left out
 * @param now ms since the epoch: a clock that is ahead makes no slots in the future
 */
export function learn(
  timeline: Timeline,
  book: SeriesBook,
  fresh?: Fresh,
  now: number = Infinity,
  stream: StreamBeginning | undefined = streamAround(timeline),
): void {
  atOnce(learning(timeline, book, fresh, now, stream))
}

/** After so many spans others get their turn. */
const STEP = 20_000

/** The same in steps. */
export function* learning(
  timeline: Timeline,
  book: SeriesBook,
  fresh: Fresh | undefined,
  now: number,
  stream: StreamBeginning | undefined,
): Generator<void> {
  const { spans } = timeline
  const lesson = new Lesson(timeline, book, now, stream)
  let index = -1
  for (const span of spans) {
    index++
    if (index % STEP === STEP - 1) yield
    lesson.take(span, fresh?.[index] !== false)
  }
}

/** What is learnt from one timeline, span by span. No part of the generator, which the engine compiled anew, whole, with all that it calls, for each surprise. */
class Lesson {
  private readonly traceId: string
  private readonly wholeSeconds: number
  private readonly book: SeriesBook
  private readonly now: number
  private readonly stream: StreamBeginning | undefined
  /** By depth, since spans are depth first: the innermost `gateway` around. */
  private readonly around: (Request | undefined)[] = []

  constructor({ traceId, spans }: Timeline, book: SeriesBook, now: number, stream: StreamBeginning | undefined) {
    this.traceId = traceId
    this.wholeSeconds = spans[0]?.seconds ?? 0
    this.book = book
    this.now = now
    this.stream = stream
  }

  take(span: TimelineSpan, isFresh: boolean): void {
    const { depth, phase, source } = span
    const outer = depth === 0 ? undefined : this.around[depth - 1]
    const request = phase === 'gateway' ? requestOf(span) : outer
    this.around[depth] = request
    if (phase === null || source === null || !isFresh) return
    const subject = subjectOf(span, phase, request?.route ?? '')
    const measure = this.measure(span, request?.seconds ?? this.wholeSeconds)
    // The metrics of an agent know its own phases only, not those that are made out in others' spans.
    if (this.book.counts(subject.service, this.now) || !source.attributes.has(OWN.phase)) this.book.of(subject).observe(measure)
    else this.book.get(subject)?.exemplify(measure)
  }

  private measure(span: TimelineSpan, whole: number): Measure {
    const { traceId, stream, now } = this
    const selfSeconds = stream === undefined ? span.selfSeconds : Math.min(span.selfSeconds, latencySeconds(span, stream))
    return { selfSeconds, share: shareOf(selfSeconds, whole), error: span.error, traceId, at: Math.min(now, span.endMs) }
  }
}

function requestOf(gateway: TimelineSpan): Request {
  return { route: routeOf(gateway), seconds: gateway.seconds }
}

export const routeOf = (gateway: TimelineSpan): string => labelValue(text(gateway, 'http.route'))

/** Which series a span belongs to. @param route of the request that it is part of; empty for none */
export function subjectOf(span: TimelineSpan, phase: PhaseId, route: string): Subject {
  const hooked = phase.startsWith('middleware.')
  const name = (hooked && text(span, OWN.middlewareName)) || span.name
  const hook = hooked ? text(span, OWN.middlewareHook) : ''
  return { service: labelValue(span.service), phase, name: labelValue(name), hook: labelValue(hook), route }
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0
}
