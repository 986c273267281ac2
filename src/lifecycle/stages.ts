import { label, labels, type Label } from '../model/label.ts'
import { observer } from '../model/observer.ts'
import { answering } from './judge.ts'
import type { Maybe } from './maybe.ts'
import { begin, raised, tracked, within, type Watched } from './phases.ts'

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
