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

/** Calls `fn` with the phase as the current one. */
export function runIn<A extends unknown[], T>(phase: Phase | Step, fn: (...args: A) => T, ...args: A): T {
  const inner = phase instanceof Step ? phase.inner : phase
  return inner === undefined ? fn(...args) : observer.run(inner, fn, undefined, ...args)
}

/** What runs as `from` is part of `to` from now on. */
export function handOver(from: Phase | Step, to: Phase | Step): void {
  const [first, second] = [from, to].map((phase) => (phase instanceof Step ? phase.inner : phase))
  if (first !== undefined && second !== undefined) first.handOver?.(second)
}

/** What became of a hook, on its span: nothing for the usual outcome. */
const OUTCOME = 'phaseline.outcome'

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
}

export function hookLabel({ name, index }: Named, hook: HookName, functionName: string): Label {
  return label(PHASE_OF[hook], `${name} ${hook}`, {
    [OWN.middlewareName]: name,
    [OWN.middlewareHook]: hook,
    [OWN.middlewareIndex]: index,
    'code.function.name': functionName,
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
export function raised(phase: Ending, error: unknown): void {
  phase.set(OUTCOME, 'raise')
  if (statusOf(error) === 500 || error instanceof SystemExit) phase.fail(error)
  else phase.set('error.type', errorType(error))
}

export function came(phase: Ending, outcome: string | undefined): void {
  if (outcome !== undefined) phase.set(OUTCOME, outcome)
}

/** Ends the phase when what `call` gives has settled. */
export function settle<T>(phase: Ending, call: () => T, judge: (result: unknown) => string | undefined): T {
  let result: T
  try {
    result = call()
  } catch (error) {
    raised(phase, error)
    phase.end()
    throw error
  }
  if (isPromise(result)) return settleLater(phase, result, judge) as T
  came(phase, judge(result))
  phase.end()
  return result
}

async function settleLater(
  phase: Ending,
  result: Promise<unknown>,
  judge: (result: unknown) => string | undefined,
): Promise<unknown> {
  try {
    const value = await result
    came(phase, judge(value))
    return value
  } catch (error) {
    raised(phase, error)
    throw error
  } finally {
    phase.end()
  }
}

/** A hook, view or error handler: takes the request first. */
// eslint-disable-next-line typescript/no-explicit-any -- hooks take different things behind the request; their types are checked where they are registered
type Hook<R extends Watched, A extends any[], T> = (request: R, ...args: A) => T

/** The hook as its phase: current inside, ended when what it gave has settled. */
// eslint-disable-next-line typescript/no-explicit-any -- see Hook
export function watched<R extends Watched, A extends any[], T>(made: Label, hook: Hook<R, A, T>, judge: Judge): Hook<R, A, T> {
  return (request, ...args) => (request.watching ? observe(made, hook, judge, request, args) : hook(request, ...args))
}

/** The same once, for what is not known at start. */
// eslint-disable-next-line typescript/no-explicit-any -- see Hook
export function observe<R extends Watched, A extends any[], T>(
  made: Label,
  hook: Hook<R, A, T>,
  judge: Judge,
  request: R,
  args: A,
): T {
  const phase = begin(made, request)
  if (phase === undefined) return hook(request, ...args)
  const last = args.at(-1) as unknown
  return settle(
    phase,
    () => runIn(phase, hook, request, ...args),
    (result) => judge(result, last),
  )
}

const HANDLER = label('handler', 'handler')

/** Calls the handler as its phase, which is where all others of the request hang. */
export function watchHandler<R extends Watched, T>(request: R, handler: (request: R) => Maybe<T>): Maybe<T> {
  const phase = observer.begin(HANDLER)
  request.phase = phase
  request.watching = phase !== undefined || request.trail !== undefined
  if (phase === undefined) return handler(request)
  return settle(
    phase,
    () => observer.run(phase, handler, undefined, request),
    (result) => answering(result, undefined),
  )
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
export function watchResolve<T>(request: Watched, resolve: () => T, routeOf: (found: T) => string): T {
  const phase = request.watching ? begin(RESOLVE, request) : undefined
  if (phase === undefined) return resolve()
  return settle(
    phase,
    () => {
      const found = resolve()
      phase.relabel(resolvedTo(routeOf(found)))
      return found
    },
    nothingToSay,
  )
}

const nothingToSay = (): undefined => undefined

const rendering = labels('render', (template) => `render ${template}`)

/** Calls rendering, with its post-render steps, as its phase: part of the hook that renders, of the handler otherwise. */
export function watchRender<T>(request: Watched, template: string, render: () => T): T {
  if (!request.watching) return render()
  const made = rendering(template)
  const current = observer.begin(made)
  const phase = request.trail === undefined ? current : tracked(made, current, request.trail)
  if (phase === undefined) return render()
  return settle(
    phase,
    () => runIn(phase, render),
    (result) => answering(result, undefined),
  )
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
