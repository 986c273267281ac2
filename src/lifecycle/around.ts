import { observer, type Phase } from '../model/observer.ts'
import type { GetResponse, Around } from './middleware.ts'
import { attempt, andThen } from './maybe.ts'
import { giving, passing } from './judge.ts'
import { hookLabel, type Named } from './labels.ts'
import { aroundIn, begin, handOver, type Ending } from './phases.ts'
import type { HttpRequest } from './request.ts'
import type { HttpResponse } from './response.ts'
import type { Step } from './trail.ts'

/** The two parts of one call of an around middleware. */
interface Round {
  /** The part that is going on. */
  part: Phase | Step | undefined
  /** What the next layer gave, once it did. */
  given: HttpResponse | undefined
  passedOn: boolean
  /** The part that the middleware was called in. */
  readonly first: Phase | Step
}

interface Stepped {
  /** The next layer, to be given to the middleware. */
  readonly next: GetResponse
  /** The middleware as a layer with its phases. */
  watch(layer: Around, named: Named): GetResponse
}

/**
 * An around middleware is one function, but two phases: what it does before it calls the next layer, and what after that has
 * answered. The seam is the call of the next layer. A second call begins a second pair.
 */
export function around(next: GetResponse): Stepped {
  const rounds = new WeakMap<HttpRequest, Round>()
  let afterLabel: ReturnType<typeof hookLabel> | undefined

  /** What is inside is part of the handler, not of the part that called it. */
  const inHandler: GetResponse = (request) =>
    request.phase === undefined ? next(request) : observer.run(request.phase, next, undefined, request)

  function step(request: HttpRequest): ReturnType<GetResponse> {
    const round = request.watching ? rounds.get(request) : undefined
    if (round === undefined) return next(request)
    round.part?.end()
    round.part = undefined
    round.passedOn = true
    const answered = (response: HttpResponse | undefined): void => {
      round.given = response
      const after = afterLabel && begin(afterLabel, request)
      // The middleware goes on in the context that it awaited in, which is the first part's.
      if (after !== undefined) handOver(round.first, after)
      round.part = after
    }
    return attempt(
      () => andThen(inHandler(request), (response) => (answered(response), response)),
      (error) => {
        answered(undefined)
        throw error
      },
    )
  }

  function watch(layer: Around, named: Named): GetResponse {
    const beforeLabel = hookLabel(named, 'process_request', named.name)
    afterLabel = hookLabel(named, 'process_response', named.name)
    return (request) => {
      const before = request.watching ? begin(beforeLabel, request) : undefined
      if (before === undefined) return layer(request)
      const round: Round = { part: before, first: before, given: undefined, passedOn: false }
      rounds.set(request, round)
      return aroundIn(before, current(round), (result) => judge(round, result), layer, request)
    }
  }
  return { next: step, watch }
}

const judge = (round: Round, result: unknown): string | undefined =>
  round.passedOn ? passing(result, round.given) : (giving(result, undefined) ?? 'none')

/** Whatever part is going on when it is asked. */
const current = (round: Round): Ending => ({
  set: (key, value) => round.part?.set(key, value),
  fail: (error) => round.part?.fail(error),
  end: () => round.part?.end(),
})
