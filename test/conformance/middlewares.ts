import {
  CommonMiddleware,
  SystemExit,
  type CoreHooks,
  type GetResponse,
  type Hooks,
  type HttpRequest,
  type HttpResponse,
  type Maybe,
  type MiddlewareEntry,
} from '../../src/lifecycle/index.ts'
import { perform, type Situation } from './behaviour.ts'
import { exception, typeOf } from './exceptions.ts'
import type { Behaviour, CoreHook, Event, Hook, Middleware } from './format.d.ts'
import { describe, outcome } from './responses.ts'
import { record, type Story } from './story.ts'
import { encode, encodeAll } from './values.ts'
import { viewNames } from './view-names.ts'

type HookEvent = Extract<Event, { e: 'hook' }>

interface Making {
  readonly mw: string
  readonly story: Story
}

type Given = Omit<Situation, 'story'>

/** Plays one behaviour as a hook. */
function play(
  { mw, story }: Making,
  hook: HookEvent['hook'],
  behaviour: Behaviour,
  given: Given,
  about: Partial<HookEvent> = {},
): unknown {
  const hasResponse = 'response' in given
  const sees = hasResponse ? { sees: describe(given.response) } : {}
  return record(
    story,
    { e: 'hook', mw, hook, ...about, ...sees },
    () => perform(behaviour, { ...given, story }),
    (result) => outcome(behaviour, result, story, hasResponse),
  )
}

/** A middleware of the scenario, as an entry of our settings. */
export function makeMiddleware(what: Middleware, story: Story): MiddlewareEntry {
  const making = { mw: what.name, story }
  if (what.style === 'builtin') return common(making)
  const factory = (getResponse: GetResponse): Hooks | (GetResponse & CoreHooks) => {
    const event: Event = { e: 'init', mw: what.name, out: 'ok' }
    story.events.push(event)
    if (what.init === 'none') {
      event.out = 'none'
      return undefined as never
    }
    if (what.init !== undefined) {
      event.out = `raise:${what.init.raise.type}`
      throw exception(what.init.raise)
    }
    return what.style === 'hooks' ? hooksOf(what, making) : aroundOf(what, making, getResponse)
  }
  return factory
}

function hooksOf({ name, hooks }: Extract<Middleware, { style: 'hooks' }>, making: Making): Hooks {
  const { process_request: before, process_response: after } = hooks
  return {
    name,
    ...coreHooks(hooks, making),
    ...(before && { processRequest: (request) => play(making, 'process_request', before, { request }) as never }),
    ...(after && {
      processResponse: (request, response) => play(making, 'process_response', after, { request, response }) as never,
    }),
  }
}

function coreHooks(hooks: Partial<Record<Hook | CoreHook, Behaviour>>, making: Making): CoreHooks {
  const { process_view: view, process_exception: failed, process_template_response: template } = hooks
  return {
    ...(view && {
      processView: (request, called, args, kwargs) =>
        play(
          making,
          'process_view',
          view,
          { request, kwargs },
          {
            view: viewNames.get(called) ?? called.name,
            args: args.map(encode),
            kwargs: encodeAll(kwargs),
          },
        ) as never,
    }),
    ...(failed && {
      processException: (request, error) =>
        play(making, 'process_exception', failed, { request }, { exception: typeOf(error) }) as never,
    }),
    ...(template && {
      processTemplateResponse: (request, response) =>
        play(making, 'process_template_response', template, { request, response }) as never,
    }),
  }
}

type AroundStyle = Extract<Middleware, { style: 'around' }>

function aroundOf(
  { name, before, catch: caught, after, hooks = {} }: AroundStyle,
  making: Making,
  getResponse: GetResponse,
): GetResponse & CoreHooks {
  const inner = (request: HttpRequest): Maybe<HttpResponse> =>
    caught === undefined
      ? getResponse(request)
      : catching(
          () => getResponse(request),
          (error) => play(making, 'catch', caught, { request }, { exception: typeOf(error) }) as never,
        )
  const outward = (request: HttpRequest, response: HttpResponse): Maybe<HttpResponse> =>
    after === undefined ? response : (play(making, 'after', after, { request, response }) as never)
  const layer = (request: HttpRequest): Maybe<HttpResponse> =>
    chain(
      before === undefined ? undefined : (play(making, 'before', before, { request }) as Maybe<HttpResponse | undefined>),
      (early) =>
        early === undefined || early === null ? chain(inner(request), (response) => outward(request, response)) : early,
    )
  return Object.assign(Object.defineProperty(layer, 'name', { value: name }), coreHooks(hooks, making))
}

const chain = <T, R>(value: Maybe<T>, goOn: (value: T) => Maybe<R>): Maybe<R> =>
  value instanceof Promise ? value.then(goOn) : goOn(value)

function catching<T>(call: () => Maybe<T>, rescue: (error: unknown) => Maybe<T>): Maybe<T> {
  const unlessExit = (error: unknown): Maybe<T> => {
    if (error instanceof SystemExit) throw error
    return rescue(error)
  }
  try {
    const value = call()
    return value instanceof Promise ? value.catch(unlessExit) : value
  } catch (error) {
    return unlessExit(error)
  }
}

/** The framework's own common middleware, with its two hooks noted. */
function common({ mw, story }: Making): MiddlewareEntry {
  return class extends CommonMiddleware {
    readonly name = mw

    constructor(...args: ConstructorParameters<typeof CommonMiddleware>) {
      super(...args)
      story.events.push({ e: 'init', mw, out: 'ok' })
    }

    override processRequest(request: HttpRequest): HttpResponse | undefined {
      return record(story, { e: 'hook', mw, hook: 'process_request' }, () => super.processRequest(request), describe)
    }

    override processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
      const judge = (given: unknown): string => (given === response ? 'pass' : describe(given))
      return record(
        story,
        { e: 'hook', mw, hook: 'process_response', sees: describe(response) },
        () => super.processResponse(request, response),
        judge,
      )
    }
  }
}
