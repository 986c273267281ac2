import { OWN } from '../model/attributes.ts'
import { errorType } from '../model/errors.ts'
import type { Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { statusOf, SystemExit } from './errors.ts'
import type { Judge } from './judge.ts'
import { isPromise } from './maybe.ts'
import { Step } from './trail.ts'

/** The request, as far as its phases go: the `handler` phase is on it, all others are begun under that one. */
export interface Watched {
  /** False: a hook costs this one comparison more than without Phaseline. */
  watching: boolean
  /** Undefined if nobody observes. */
  phase: Phase | undefined
  /** The steps so far, where a debug page may want to show them. */
  trail: Step[] | undefined
}

/** Begins a phase of the request; undefined if nobody wants it. */
export function begin(made: Label, request: Watched): Phase | Step | undefined {
  const phase = request.phase === undefined ? undefined : observer.begin(made, request.phase)
  return request.trail === undefined ? phase : tracked(made, phase, request.trail)
}

/** The same for a debug page: it is a step of the trail, observed or not. */
export function tracked(made: Label, phase: Phase | undefined, trail: Step[]): Step {
  const step = new Step(made, phase)
  trail.push(step)
  return step
}

/** What runs as `from` is part of `to` from now on. */
export function handOver(from: Phase | Step, to: Phase | Step): void {
  const [first, second] = [from, to].map((phase) => (phase instanceof Step ? phase.inner : phase))
  if (first !== undefined && second !== undefined) first.handOver?.(second)
}

/** What became of a hook, on its span: nothing for the usual outcome. */
const OUTCOME = OWN.outcome

/** What the end of a phase needs of it. */
export type Ending = Pick<Phase, 'set' | 'fail' | 'end'>

/** Says on the span what was raised. What the client is to blame for (4xx) is no error of ours. */
export function raised(phase: Ending, error: unknown): void {
  phase.set(OUTCOME, 'raise')
  if (statusOf(error) === 500 || error instanceof SystemExit) phase.fail(error)
  else phase.set('error.type', errorType(error))
}

function came(phase: Ending, outcome: string | undefined): void {
  if (outcome !== undefined) phase.set(OUTCOME, outcome)
}

// Fixed parameters instead of rest and closures: this runs twice for each middleware of each request (measured: a fifth of
// what tracing a request costs).

/** What a phase is made of: takes the request first, at most three things more. */
// eslint-disable-next-line typescript/no-explicit-any -- hooks take different things; their types are checked where they are registered
type Hook = (...args: any[]) => any

/** Calls `hook` with the phase as the current one; ends it when what that gives has settled. */
export function within(
  phase: Phase | Step,
  judge: Judge,
  hook: Hook,
  count: number,
  request: unknown,
  a?: unknown,
  b?: unknown,
  c?: unknown,
): unknown {
  const inner = phase instanceof Step ? phase.inner : phase
  let result: unknown
  try {
    if (inner === undefined) result = count === 4 ? hook(request, a, b, c) : count === 2 ? hook(request, a) : hook(request)
    else if (count === 1) result = observer.run(inner, hook, undefined, request)
    else if (count === 2) result = observer.run(inner, hook, undefined, request, a)
    else result = observer.run(inner, hook, undefined, request, a, b, c)
  } catch (error) {
    raised(phase, error)
    phase.end()
    throw error
  }
  if (isPromise(result)) return later(phase, result, judge, a)
  came(phase, judge(result, a))
  phase.end()
  return result
}

async function later(phase: Ending, result: Promise<unknown>, judge: Judge, given: unknown): Promise<unknown> {
  try {
    const value = await result
    came(phase, judge(value, given))
    return value
  } catch (error) {
    raised(phase, error)
    throw error
  } finally {
    phase.end()
  }
}

/** A hook as its phase: current inside, ended when what it gave has settled. @param count of what it takes: 1, 2 or 4 */
export function watched(made: Label, hook: Hook, judge: Judge, count: number): Hook {
  const observed = (request: Watched, a?: unknown, b?: unknown, c?: unknown): unknown => {
    const phase = begin(made, request)
    if (phase !== undefined) return within(phase, judge, hook, count, request, a, b, c)
    return count === 1 ? hook(request) : count === 2 ? hook(request, a) : hook(request, a, b, c)
  }
  if (count === 1) return (request: Watched) => (request.watching ? observed(request) : hook(request))
  if (count === 2) return (request: Watched, a: unknown) => (request.watching ? observed(request, a) : hook(request, a))
  return (request: Watched, a: unknown, b: unknown, c: unknown) =>
    request.watching ? observed(request, a, b, c) : hook(request, a, b, c)
}

/** The same once, for what is not known at start: `call` is given the request. */
export function observe<R extends Watched, T>(made: Label, call: (request: R) => T, judge: Judge, request: R): T {
  const phase = begin(made, request)
  return phase === undefined ? call(request) : (within(phase, judge, call, 1, request) as T)
}

/** The first part of an around middleware: what it gives is judged by the parts that `ending` stands for. */
export function aroundIn<R extends Watched, T>(
  phase: Phase | Step,
  ending: Ending,
  judge: Judge,
  layer: (request: R) => T,
  request: R,
): T {
  const inner = phase instanceof Step ? phase.inner : phase
  let result: T
  try {
    result = inner === undefined ? layer(request) : observer.run(inner, layer, undefined, request)
  } catch (error) {
    raised(ending, error)
    ending.end()
    throw error
  }
  if (isPromise(result)) return later(ending, result, judge, undefined) as T
  came(ending, judge(result, undefined))
  ending.end()
  return result
}
