import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { complete, type CompleteSettings } from './complete-settings.ts'
import { convert } from './convert.ts'
import { core } from './core.ts'
import { UnknownUrlConf } from './errors.ts'
import { templatesOf } from './liquid.ts'
import { logResponse } from './log.ts'
import { andThen, type Maybe } from './maybe.ts'
import { build, type CoreChain, type GetResponse } from './middleware.ts'
import { reasonOf } from './reason.ts'
import { HttpRequest, type Incoming, type UrlConfChoice } from './request.ts'
import { asResponse, type HttpResponse } from './response.ts'
import { serve } from './serve.ts'
import type { Settings } from './settings.ts'
import { requestFinished, requestStarted } from './signals.ts'
import { watchHandler } from './stages.ts'
import type { TemplateEngine } from './template.ts'
import { UrlConf } from './urls/conf.ts'
import type { ReverseOptions } from './urls/reverse.ts'
import type { View } from './view.ts'

/** What `listen` gives. */
export interface Listening {
  readonly server: Server
  readonly port: number
  readonly host: string
  /** `http://127.0.0.1:8000` */
  readonly url: string
}

/** Passes an error on to whoever called the middleware. */
type Next = (error?: unknown) => void

/** An application. It is a function itself: `createServer(shop)`, `app.use('/shop', shop)`. */
export interface App {
  (incoming: IncomingMessage, outgoing: ServerResponse, next?: Next): void
  readonly settings: CompleteSettings
  readonly urls: UrlConf
  readonly templates: TemplateEngine
  /** The same function, for `createServer`. */
  readonly handler: (incoming: IncomingMessage, outgoing: ServerResponse) => void
  /**
   * A request of this application: of Node's, or of anything like it.
   * @param mount the prefix that somebody (Express) has taken off the target already; else that of the settings counts
   */
  request(incoming: Incoming, mount?: string): HttpRequest
  /**
   * The handler: a request in, its response out. Whoever sends the response calls `finish` with it afterwards.
   * Raises what nothing could make a response of.
   */
  handle(request: HttpRequest): Maybe<HttpResponse>
  /** After the response is sent: releases what it and the request hold, sends `requestFinished`. */
  finish(request: HttpRequest, response: HttpResponse): Maybe<void>
  /** The URL of a name in the main configuration. */
  reverse(name: string | View, options?: ReverseOptions): string
  /** The URL configuration that a choice means. Throws `UnknownUrlConf`. */
  confOf(choice: UrlConfChoice | undefined): UrlConf
  /** Serves HTTP. @param port 0 for any that is free */
  listen(port: number, host?: string, options?: ServerOptions): Promise<Listening>
  /** Stops listening, lets the requests in flight finish. */
  close(): Promise<void>
}

/** Makes an application of its settings. Throws `ImproperlyConfigured` for wrong ones, and what a middleware's factory throws. */
export function lifecycle(settings: Settings): App {
  const checked = complete(settings)
  const servers = new Set<Server>()
  const app = ((incoming: IncomingMessage, outgoing: ServerResponse, next?: Next) => serve(app, incoming, outgoing, next)) as App
  const confs = new Map(Object.entries(checked.urlconfs).map(([name, conf]) => [name, confFrom(conf)]))
  const members: Pick<App, keyof App> = {
    settings: checked,
    urls: checked.urls,
    templates: templatesOf(checked),
    handler: app,
    request: (incoming, mount) =>
      mount ? new HttpRequest(incoming, app, mount, true) : new HttpRequest(incoming, app, checked.scriptName),
    handle: (request) => handle(request),
    finish,
    reverse: (name, options) => checked.urls.reverse(name, { scriptName: checked.scriptName, ...options }),
    confOf(choice) {
      if (choice === undefined || choice === null) return checked.urls
      const found = typeof choice === 'string' ? confs.get(choice) : confFrom(choice)
      if (found !== undefined) return found
      throw new UnknownUrlConf(
        `request.urlconf is "${choice as string}", which is none of settings.urlconfs: ${[...confs.keys()].join(', ')}`,
      )
    },
    listen: (port, host = '127.0.0.1', options = {}) => listen(app, servers, port, host, options),
    close: () => Promise.all([...servers].map(stop)).then(() => servers.clear()),
  }
  Object.assign(app, members)
  const handle = handler(app)

  function finish(request: HttpRequest, response: HttpResponse): Maybe<void> {
    return andThen(response.close(), () => andThen(request.close(), () => requestFinished.send(app, { request })))
  }
  return app
}

const made = new WeakMap<object, UrlConf>()

function confFrom(conf: Exclude<UrlConfChoice, string | null>): UrlConf {
  if (conf instanceof UrlConf) return conf
  const known = made.get(conf) ?? new UrlConf({ patterns: conf })
  made.set(conf, known)
  return known
}

/** The onion, folded once: each middleware around the next, the core innermost, each layer giving responses only. */
function onion(app: App): GetResponse {
  const chain: CoreChain = { view: [], template: [], exception: [] }
  const { middleware } = app.settings
  return middleware.reduceRight<GetResponse>(
    (next, entry, index) => {
      const built = build(entry, index, next, app, chain)
      return built === undefined ? next : convert(built.name, built.layer, app)
    },
    convert('core', core(app, chain), app),
  )
}

/** The whole way of a request: signal, onion, check, log. */
function handler(app: App): GetResponse {
  const layers = onion(app)
  const answer = (request: HttpRequest): Maybe<HttpResponse> =>
    andThen(requestStarted.send(app, { request }), () => andThen(layers(request), (response) => checked(request, response)))
  return (request) => watchHandler(request, answer)
}

function checked(request: HttpRequest, response: HttpResponse): HttpResponse {
  const { statusCode } = asResponse(response, 'The middleware chain')
  if (statusCode >= 400) logResponse(response, reasonOf(response), { request })
  return response
}

function listen(app: App, servers: Set<Server>, port: number, host: string, options: ServerOptions): Promise<Listening> {
  const server = createServer(options, app)
  servers.add(server)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const { port: bound, family } = server.address() as AddressInfo
      const shown = family === 'IPv6' ? `[${host}]` : host
      resolve({ server, port: bound, host, url: `http://${shown}:${bound}` })
    })
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}
