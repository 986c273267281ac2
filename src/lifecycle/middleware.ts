import type { App } from './app.ts'
import { ImproperlyConfigured, MiddlewareNotUsed } from './errors.ts'
import { andThen, type Maybe } from './maybe.ts'
import { around } from './around.ts'
import { siteOf } from './site.ts'
import { giving, passing, type Judge } from './judge.ts'
import { hookLabel, type HookName, type Named } from './labels.ts'
import { watched } from './phases.ts'
import type { HttpRequest } from './request.ts'
import type { HttpResponse } from './response.ts'
import type { TemplateResponse } from './template.ts'
import type { Kwargs } from './urls/pattern.ts'
import type { View } from './view.ts'

type Nothing = undefined | null | void
/** The next layer inside. */
export type GetResponse = (request: HttpRequest) => Maybe<HttpResponse>

/** The hooks that the core calls, around the view. */
export interface CoreHooks {
  /** On the way in, once the path is resolved. A response stands for the view's. `kwargs` is the very object the view gets. */
  processView?(request: HttpRequest, view: View, args: readonly unknown[], kwargs: Kwargs): Maybe<HttpResponse | Nothing>
  /** An exception of the view, or of rendering. A response is the answer. */
  processException?(request: HttpRequest, error: unknown): Maybe<HttpResponse | Nothing>
  /** A response that can be rendered, before it is. Has to give one back. */
  processTemplateResponse?(request: HttpRequest, response: TemplateResponse): Maybe<HttpResponse>
}

/** A middleware in hook style: any of the five. */
export interface Hooks extends CoreHooks {
  /** Its name on spans; the class's by default. */
  readonly name?: string
  /** On the way in, before the path is resolved. A response turns around here. */
  processRequest?(request: HttpRequest): Maybe<HttpResponse | Nothing>
  /** On the way out. Has to give a response back: this one or another. */
  processResponse?(request: HttpRequest, response: HttpResponse): Maybe<HttpResponse>
}

/** A middleware in around style: calls `getResponse` itself. It may have the three hooks that the core calls. */
export type Around = GetResponse & CoreHooks

/** What `settings.middleware` may list. Factories and classes may raise `MiddlewareNotUsed`. */
export type MiddlewareEntry =
  | Hooks
  | (new (getResponse: GetResponse, app: App) => Hooks)
  | ((getResponse: GetResponse, app: App) => Around | Hooks)

/** The hooks of all middlewares in the order the core calls them. */
export interface CoreChain {
  readonly view: NonNullable<CoreHooks['processView']>[]
  readonly template: NonNullable<CoreHooks['processTemplateResponse']>[]
  readonly exception: NonNullable<CoreHooks['processException']>[]
}

const isClass = (entry: unknown): boolean =>
  typeof entry === 'function' && /^class\b/.test(Function.prototype.toString.call(entry))

function construct(entry: MiddlewareEntry, getResponse: GetResponse, app: App): Around | Hooks {
  if (typeof entry !== 'function') return entry
  if (isClass(entry)) return new (entry as new (...args: unknown[]) => Hooks)(getResponse, app)
  const made = (entry as (...args: unknown[]) => Around | Hooks | Nothing)(getResponse, app)
  if (made === undefined || made === null)
    throw new ImproperlyConfigured(
      `The middleware factory ${entry.name || '(anonymous)'} gave nothing back: does it return the middleware?`,
    )
  return made
}

/** What it is called on spans and in errors. */
function nameOf(made: Around | Hooks, entry: MiddlewareEntry): string {
  const own = typeof made === 'function' ? made.name : (made.name ?? (made.constructor === Object ? '' : made.constructor.name))
  return own || (typeof entry === 'function' ? entry.name : '') || 'middleware'
}

/** A middleware around the layer inside it. */
export interface Built {
  readonly name: string
  readonly layer: GetResponse
}

/**
 * Builds a middleware around the next layer and puts its core hooks where they belong.
 * @returns undefined if it asked to be left out
 */
export function build(entry: MiddlewareEntry, index: number, next: GetResponse, app: App, core: CoreChain): Built | undefined {
  const stepped = around(next)
  let made: Around | Hooks
  try {
    made = construct(entry, stepped.next, app)
  } catch (error) {
    if (error instanceof MiddlewareNotUsed) return undefined
    throw error
  }
  const named: Named = { name: nameOf(made, entry), index, site: siteOf() }
  addCoreHooks(made, named, core)
  return { name: named.name, layer: typeof made === 'function' ? stepped.watch(made, named) : onion(made, named, next) }
}

/** The innermost is built first: `process_view` goes from the outermost, the other two from the innermost. */
function addCoreHooks(made: Around | Hooks, named: Named, core: CoreChain): void {
  const view = hook(made, named, 'processView', 'process_view', giving)
  const template = hook(made, named, 'processTemplateResponse', 'process_template_response', passing)
  const exception = hook(made, named, 'processException', 'process_exception', giving)
  if (view !== undefined) core.view.unshift(view)
  if (template !== undefined) core.template.push(template)
  if (exception !== undefined) core.exception.push(exception)
}

/** How many things each is given. */
const COUNT: Readonly<Record<HookName, number>> = {
  process_request: 1,
  process_view: 4,
  process_exception: 2,
  process_template_response: 2,
  process_response: 2,
}

/** One hook, bound and watched. Throws at start if it is there and no function. */
function hook<K extends keyof Hooks & `process${string}`>(
  made: Hooks,
  named: Named,
  key: K,
  name: HookName,
  judge: Judge,
): NonNullable<Hooks[K]> | undefined {
  const found: unknown = made[key]
  if (found === undefined || found === null) return undefined
  if (typeof found !== 'function') throw new ImproperlyConfigured(`${named.name}.${key} is no function`)
  const bound = found.bind(made) as (request: HttpRequest, ...args: unknown[]) => unknown
  return watched(hookLabel(named, name, `${named.name}.${key}`), bound, judge, COUNT[name]) as NonNullable<Hooks[K]>
}

/** Hook style as a layer: request hook, next layer, response hook. */
function onion(made: Hooks, named: Named, next: GetResponse): GetResponse {
  const before = hook(made, named, 'processRequest', 'process_request', giving)
  const after = hook(made, named, 'processResponse', 'process_response', passing)
  const inward: GetResponse =
    before === undefined ? next : (request) => andThen(before(request), (early) => early || next(request))
  return after === undefined ? inward : (request) => andThen(inward(request), (response) => after(request, response))
}
