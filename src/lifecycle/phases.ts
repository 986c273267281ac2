import type { Attributes } from '../model/attributes.ts'
import { OWN } from '../model/attributes.ts'
import { errorType } from '../model/errors.ts'
import { label, labels, type Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import type { PhaseId } from '../model/phases.ts'
import { statusOf, SystemExit } from './errors.ts'
import { isPromise, type Maybe } from './maybe.ts'
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

function tracked(made: Label, phase: Phase | undefined, trail: Step[]): Step {
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

/** The hooks by their phases. Names on spans are Django's, so that they read the same in every language. */
export type HookName = 'process_request' | 'process_view' | 'process_exception' | 'process_template_response' | 'process_response'

const PHASE_OF: Readonly<Record<HookName, PhaseId>> = {
  process_request: 'middleware.request',
  process_view: 'middleware.view',
  process_exception: 'middleware.exception',
  process_template_response: 'middleware.template_response',
  process_response: 'middleware.response',
}

export interface Named {
  readonly name: string
  /** Its place in the settings, from 0. */
  readonly index: number
  /** Where the application was put together. */
  readonly site?: Attributes | undefined
}

export function hookLabel({ name, index, site }: Named, hook: HookName, functionName: string): Label {
  return label(PHASE_OF[hook], `${name} ${hook}`, {
    [OWN.middlewareName]: name,
    [OWN.middlewareHook]: hook,
    [OWN.middlewareIndex]: index,
    'code.function.name': functionName,
    ...site,
  })
}

/** What a result means: a word for the span, or nothing if it is the usual. */
export type Judge = (result: unknown, given: unknown) => string | undefined

const isNothing = (value: unknown): boolean => value === undefined || value === null
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/** For hooks that usually give nothing: a response is a short circuit. */
export const giving: Judge = (result) => (isNothing(result) ? undefined : isObject(result) ? 'response' : 'value')

/** For hooks that usually give back the response they were given. */
export const passing: Judge = (result, given) =>
  isNothing(result) ? 'none' : result === given ? undefined : isObject(result) ? 'response' : 'value'

/** For views: a response is the usual. */
export const answering: Judge = (result) => (isNothing(result) ? 'none' : isObject(result) ? undefined : 'value')

/** What the end of a phase needs of it. */
export type Ending = Pick<Phase, 'set' | 'fail' | 'end'>

/** Says on the span what was raised. What the client is to blame for (4xx) is no error of ours. */
function raised(phase: Ending, error: unknown): void {
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
function within(
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

const HANDLER = label('handler', 'handler')

/** Calls the handler as its phase, which is where all others of the request hang. */
export function watchHandler<R extends Watched, T>(request: R, handler: (request: R) => Maybe<T>): Maybe<T> {
  const phase = observer.begin(HANDLER)
  request.phase = phase
  request.watching = phase !== undefined || request.trail !== undefined
  if (phase === undefined) return handler(request)
  return within(phase, answering, handler, 1, request) as Maybe<T>
}

const RESOLVE = label('resolve', 'resolve')
const known = new Map<string, Label>()
const LIMIT = 5_000

/** The label of a resolution that found this route. Routes are few; the limit is for applications that make them up. */
function resolvedTo(route: string): Label {
  let made = known.get(route)
  if (made === undefined) {
    if (known.size >= LIMIT) known.clear()
    known.set(route, (made = label('resolve', 'resolve', { 'http.route': route })))
  }
  return made
}

/** Calls the resolver as its phase. It is synchronous, and nothing inside makes phases: it need not be current. */
export function watchResolve<R extends Watched, T extends { readonly route: string }>(request: R, resolve: (request: R) => T): T {
  const phase = request.watching ? begin(RESOLVE, request) : undefined
  if (phase === undefined) return resolve(request)
  try {
    const found = resolve(request)
    phase.relabel(resolvedTo(found.route))
    return found
  } catch (error) {
    raised(phase, error)
    throw error
  } finally {
    phase.end()
  }
}

const rendering = labels('render', (template) => `render ${template}`)

/** Calls rendering, with its post-render steps, as its phase: part of the hook that renders, of the handler otherwise. */
export function watchRender<T>(request: Watched, template: string, render: () => T): T {
  if (!request.watching) return render()
  const made = rendering(template)
  const current = observer.begin(made)
  const phase = request.trail === undefined ? current : tracked(made, current, request.trail)
  if (phase === undefined) return render()
  return within(phase, answering, render, 1, request) as T
}

const viewLabels = new WeakMap<object, Label>()

/** The label of a view. @param attributes of where its code is */
export function viewLabel(view: object & { readonly name: string }, attributes: Attributes = {}): Label {
  let made = viewLabels.get(view)
  if (made === undefined) {
    const name = view.name === '' ? 'anonymous' : view.name
    viewLabels.set(view, (made = label('view', `view ${name}`, { 'code.function.name': name, ...attributes })))
  }
  return made
}

/** The label of an error handler: it stands where `process_exception` does. */
export const errorHandlerLabels: (key: string) => Label = labels('middleware.exception', (key) => key)
