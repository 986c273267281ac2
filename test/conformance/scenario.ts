import { Readable } from 'node:stream'
import {
  gotRequestException,
  HttpResponse,
  lifecycle,
  requestFinished,
  requestStarted,
  StreamingHttpResponse,
  UnknownUrlConf,
  type App,
  type Chunk,
  type HttpRequest,
  type Incoming,
  type Maybe,
  type Receiver,
  type Settings,
  type Signal,
  type ViewFunction,
} from '../../src/lifecycle/index.ts'
import { perform } from './behaviour.ts'
import { typeOf } from './exceptions.ts'
import type { Expectation, Request, Result, Scenario, SignalName, View } from './format.d.ts'
import { makeMiddleware } from './middlewares.ts'
import { describe, outcome } from './responses.ts'
import { record, story, type Story } from './story.ts'
import { makeConfs } from './urlconfs.ts'
import { makeView } from './views.ts'

export type Played = { id: string } & Expectation

interface Playing {
  readonly later?: boolean
  /** Called around the serving of each request. */
  readonly around?: (serve: () => Promise<void>) => Promise<void>
}

/**
 * Builds a scenario's application with the framework's public means, serves its requests and tells what happened.
 * @param later whether all that the scenario does gives promises
 */
export async function play(scenario: Scenario, { later = false, around = (call) => call() }: Playing = {}): Promise<Played> {
  const telling = story(later)
  const load: Expectation['load'] = { events: telling.events }
  let app: App
  try {
    app = lifecycle(settingsOf(scenario, telling))
  } catch (error) {
    return { id: scenario.id, load: { ...load, error: typeOf(error) }, requests: [] }
  }
  const disconnect = connect(scenario, app, telling)
  const requests: Result[] = []
  for (const [index, request] of scenario.requests.entries()) {
    Object.assign(telling, { events: [], log: [], index })
    await around(async () => void requests.push(await serve(app, request, telling)))
  }
  for (const undo of disconnect) undo()
  return { id: scenario.id, load, requests }
}

function settingsOf({ settings = {}, middleware, urlconfs, views }: Scenario, telling: Story): Settings {
  const made = new Map<string, ViewFunction>()
  const view = (name: string): ViewFunction => {
    const known = made.get(name) ?? makeView(name, views[name] as View, telling)
    made.set(name, known)
    return known
  }
  const conf = makeConfs(urlconfs, view, telling)
  return {
    urls: conf('root'),
    urlconfs: Object.fromEntries(Object.keys(urlconfs).map((name) => [name, conf(name)])),
    middleware: middleware.map((one) => makeMiddleware(one, telling)),
    allowedHosts: settings.allowed_hosts ?? ['*'],
    appendSlash: settings.append_slash ?? true,
    prependWww: settings.prepend_www ?? false,
    disallowedUserAgents: (settings.disallowed_user_agents ?? []).map((text) => new RegExp(text)),
    propagateExceptions: settings.propagate_exceptions ?? false,
    scriptName: settings.script_name ?? '',
    log: ({ logger, level, status }) => void telling.log.push({ logger, level, status }),
    errorPage(_request, code) {
      telling.events.push({ e: 'error_handler', code, handler: 'default' })
      return new HttpResponse(`<<default-page ${code}>>`, { status: code })
    },
    convertException(error, request, layer, make) {
      if (layer === 'core' && error instanceof UnknownUrlConf) noteUnknown(request, telling)
      return record(telling, { e: 'convert', layer, type: typeOf(error) }, make, describe)
    },
  }
}

/** A configuration that is not there cannot note that it was asked. */
function noteUnknown({ urlconf, pathInfo }: HttpRequest, { events }: Story): void {
  events.push({ e: 'resolve', urlconf: urlconf as string, path: pathInfo, out: 'raise:import_error' })
}

const SIGNALS: Record<SignalName, Signal<{ request: HttpRequest; error?: unknown }>> = {
  request_started: requestStarted,
  request_finished: requestFinished,
  got_request_exception: gotRequestException as Signal<{ request: HttpRequest; error?: unknown }>,
}

function connect({ signals = {} }: Scenario, app: App, telling: Story): (() => void)[] {
  return (Object.keys(SIGNALS) as SignalName[]).flatMap((name) => {
    const listen = (receiver: Receiver<{ request: HttpRequest; error?: unknown }>): (() => void) =>
      SIGNALS[name].connect(receiver, { sender: app })
    const first = listen(
      ({ error }) =>
        void telling.events.push({ e: 'signal', name, ...(name === 'got_request_exception' && { type: typeOf(error) }) }),
    )
    const receivers = (signals[name] ?? []).map((receiver) =>
      listen(({ request }) =>
        record(
          telling,
          { e: 'receiver', signal: name, name: receiver.name },
          () => perform(receiver, { request, story: telling }),
          (given) => outcome(receiver, given, telling, false),
        ),
      ),
    )
    return [first, ...receivers]
  })
}

/** A request as Node's server would hand it over: the bytes of the target as latin1, names of headers in lower case. */
export function incoming({ path, method = 'GET', headers = {}, body = '' }: Request): Incoming {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const stream = Readable.from(body === '' ? [] : [Buffer.from(body)])
  return Object.assign(stream, { url: Buffer.from(path).toString('latin1'), method, headers: { host: 'testserver', ...given } })
}

/** What the kit's README (3.1) says a server does. */
async function serve(app: App, wanted: Request, telling: Story): Promise<Result> {
  const { events, log } = telling
  const request = app.request(incoming(wanted))
  request.close = () =>
    record(
      telling,
      { e: 'release', name: 'request' },
      () => {},
      () => 'ok',
    )
  let response: HttpResponse
  try {
    response = await app.handle(request)
  } catch (error) {
    return { outcome: 'raised', at: 'handler', type: typeOf(error), events, log }
  }
  const result: Result = { outcome: 'response', status: response.statusCode, headers: headersOf(response), body: '', events, log }
  events.push({ e: 'head', status: response.statusCode })
  await raises(
    () => read(response, telling, result),
    (error) => Object.assign(result, { outcome: 'raised', at: 'body', type: typeOf(error) }),
  )
  events.push({ e: 'close' })
  await raises(
    () => app.finish(request, response),
    (error) =>
      Object.assign(
        result,
        result.outcome === 'raised' ? { close_type: typeOf(error) } : { outcome: 'raised', at: 'close', type: typeOf(error) },
      ),
  )
  return result
}

async function raises(call: () => Maybe<void>, note: (error: unknown) => unknown): Promise<void> {
  try {
    await call()
  } catch (error) {
    note(error)
  }
}

async function read(response: HttpResponse, { events }: Story, result: Result): Promise<void> {
  if (!(response instanceof StreamingHttpResponse)) {
    events.push({ e: 'body' })
    result.body = response.text
    return
  }
  for await (const piece of response.streamingContent as AsyncIterable<Chunk>) {
    const text = typeof piece === 'string' ? piece : Buffer.from(piece).toString()
    events.push({ e: 'chunk', text })
    result.body += text
  }
}

function headersOf({ headers, cookies }: HttpResponse): Record<string, string | string[]> {
  const plain = Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]))
  return cookies.length === 0 ? plain : { ...plain, 'set-cookie': [...cookies] }
}
