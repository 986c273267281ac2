import { OWN, type Attributes } from '../model/attributes.ts'
import { label, type Label } from '../model/label.ts'
import type { PhaseId } from '../model/phases.ts'
import { aboutOf, isRouter, type Layer, type Route, type Router } from './shape.ts'
import { fixedPattern } from './pattern.ts'
import { placeOf } from './site.ts'
import { observedErrorHandler, observedHandler } from './step.ts'

export type LayerKind = 'handler' | 'error' | 'route' | 'router'

/** The hook in whose place an Express layer stands, and so the middle of its phase's name. */
const HOOKS = {
  'middleware.request': 'process_request',
  'middleware.view': 'process_view',
  'middleware.exception': 'process_exception',
  'middleware.response': 'process_response',
} as const satisfies Partial<Record<PhaseId, string>>

/** What is known of a layer, made once, with its first request. */
export class Known {
  readonly kind: LayerKind
  readonly layer: Layer
  /** Where it is registered, and its place there. */
  readonly within: Router | Route
  readonly index: number
  readonly name: string
  /** What the layer's own method is called on in place of the layer: the same, but for the handler, which is observed. */
  readonly standIn: Layer
  /** As what a call of it is recorded, where it is the view of its route and where it is not. */
  readonly view: Label
  readonly request: Label
  /** Its part of the way back: after `next()` has returned, and in the `end`, `write` and `writeHead` that it wrapped. */
  readonly response: Label
  /** Of a route or a mounted router: its pattern, if that is the same for all requests. */
  readonly pattern: string | undefined
  /** The same with its mounts, by mount (and by pattern, where that is not the same for all). */
  readonly routes: Map<string, Resolved> = new Map<string, Resolved>()

  constructor(layer: Layer, within: Router | Route) {
    const index = within.stack.indexOf(layer)
    const inRoute = Object.hasOwn(layer, 'method')
    this.layer = layer
    this.within = within
    this.index = index
    this.kind = kindOf(layer)
    this.pattern = fixedPattern(layer)
    this.name = nameOf(layer, inRoute ? `${String((within as Route).path)} #${index}` : `#${index}`)
    const code = codeOf(layer)
    const common = { [OWN.middlewareName]: this.name, [OWN.middlewareIndex]: index, 'express.type': 'middleware', ...code }
    const before = this.kind === 'error' ? 'middleware.exception' : inRoute ? 'middleware.view' : 'middleware.request'
    this.request = this.hook(before, common)
    this.response = this.hook('middleware.response', common)
    this.view = label('view', `view ${this.name}`, { 'express.name': this.name, 'express.type': 'request_handler', ...code })
    // A copy: a layer is written to with every request (Express 4), and what others inherit from is slow to write to.
    this.standIn = Object.assign(Object.create(Object.getPrototypeOf(layer) as object) as Layer, layer)
    // Defined, not set: express-async-errors has a setter there, which would call `next` once more for each rejection.
    const handle = this.kind === 'error' ? observedErrorHandler(this) : observedHandler(this)
    Object.defineProperty(this.standIn, 'handle', { value: handle, writable: true, enumerable: true, configurable: true })
  }

  /** The label of finding a route, or of passing through a mounted router. */
  resolve(route: string): Label {
    const express = { 'express.name': route, 'express.type': 'router' }
    return label('resolve', 'resolve', this.kind === 'route' ? { 'http.route': route } : express)
  }

  private hook(phase: keyof typeof HOOKS, common: Attributes): Label {
    const hook = HOOKS[phase]
    return label(phase, `${this.name} ${hook}`, { 'express.name': this.name, ...common, [OWN.middlewareHook]: hook })
  }
}

/** A route or a mounted router under a certain mount. */
export interface Resolved {
  /** The pattern, mounts included. */
  readonly route: string
  readonly label: Label
}

/** What is known of this layer. @param within where it is registered; called only the first time */
export function knownOf(layer: Layer, within: () => Router | Route): Known {
  const about = aboutOf(layer)
  return (about.known ??= new Known(layer, within()))
}

function kindOf(layer: Layer): LayerKind {
  const { route, handle } = layer
  if (route !== undefined) return 'route'
  // The function that Express puts between an app and one mounted in it.
  if (isRouter(written(layer)) || handle.name === 'mounted_app') return 'router'
  return handle.length > 3 ? 'error' : 'handler'
}

function codeOf(layer: Layer): Attributes {
  const { file, line } = aboutOf(layer).registered ?? {}
  const own = functionName(layer)
  return {
    ...(own === undefined ? {} : { 'code.function.name': own }),
    ...(file === undefined ? {} : { 'code.file.path': file }),
    ...(line === undefined ? {} : { 'code.line.number': line }),
  }
}

/** The function's name, else where it was registered, else (registered before we came) its place among the others. */
function nameOf(layer: Layer, place: string): string {
  return functionName(layer) ?? placeOf(aboutOf(layer).registered) ?? place
}

/** `default` is what a module calls a default export that has no name. */
function functionName(layer: Layer): string | undefined {
  const { name: own } = written(layer) as { name: unknown } // a class may have a static `name` of any kind
  const name = typeof own === 'string' ? own.replace(/^(?:bound )+/, '') : ''
  return name === '' || name === 'default' || name === 'anonymous' ? undefined : name
}

/** The app's own function, also where somebody else (a tracer, express-async-errors) has put one of theirs around it. */
function written(layer: Layer): unknown {
  let found: unknown = aboutOf(layer).registered?.handler ?? layer.handle
  // The tool that tracers do that with, shimmer, leaves it there.
  for (let i = 0; i < 5; i++) {
    const { __original: original } = found as { __original?: unknown }
    if (typeof original !== 'function') break
    found = original
  }
  return found
}
