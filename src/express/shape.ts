import type { ServerResponse, IncomingMessage } from 'node:http'
import type { Journey } from './journey.ts'
import type { Known } from './known.ts'

/** What we touch of Express 4, Express 5 and router 2: their own types name the public side only. */

/** The journey of a request through the app, on the request. */
export const JOURNEY: unique symbol = Symbol('phaseline.express.journey')
/** What there is to say about a layer, on the layer. */
export const ABOUT: unique symbol = Symbol('phaseline.express.about')

export type Next = (error?: unknown) => unknown
export type Handler = (req: Request, res: Response, next: Next) => unknown
export type ErrorHandler = (error: unknown, req: Request, res: Response, next: Next) => unknown
export type ParamHandler = (req: Request, res: Response, next: Next, value: unknown, name: string) => unknown

export interface Request extends IncomingMessage {
  url: string
  method: string
  baseUrl?: string
  params?: Record<string, unknown>
  next?: Next
  [JOURNEY]?: Journey | undefined
}

export interface Response extends ServerResponse {
  req: Request & ServerResponse['req']
  send(body: unknown): unknown
}

/** A pattern as people write it. */
export type Path = string | RegExp | readonly Path[]

export interface Registered {
  /** Of `use`: the mount path. Undefined for the handlers of a route. */
  readonly path: Path | undefined
  /** Absolute. */
  readonly file: string | undefined
  readonly line: number | undefined
  /** The function as the app gave it, if that is known: the layer may have another one around it. */
  readonly handler?: unknown
}

export interface Layer {
  handle: (Handler | ErrorHandler) & { stack?: unknown; handle?: unknown }
  name: string
  route?: Route | undefined
  method?: string | undefined
  /** Router 2.3 only. */
  rawPath?: Path
  [ABOUT]?: About
}

export interface About {
  /** Where it was registered. */
  registered: Registered | undefined
  /** Made with its first request. */
  known: Known | undefined
}

/** One property, and on all layers alike: a router looks at all of its layers, which is quick as long as they have one hidden class. */
export function aboutOf(layer: Layer): About {
  return (layer[ABOUT] ??= { registered: undefined, known: undefined })
}

export interface Route {
  path: Path
  stack: Layer[]
  methods: Record<string, boolean>
}

export interface Router {
  stack: Layer[]
  params: Record<string, ParamHandler[]>
  handle(req: Request, res: Response, out?: Next): unknown
}

/** Whether this is a router (or an app of router's kind) and not any function. */
export function isRouter(value: unknown): value is Router {
  const router = value as Partial<Router> | null | undefined
  return typeof router?.handle === 'function' && Array.isArray(router.stack)
}
