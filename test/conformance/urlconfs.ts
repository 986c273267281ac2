import {
  include,
  path,
  rePath,
  Resolver404,
  UrlConf,
  type ErrorHandler,
  type ErrorHandlers,
  type Maybe,
  type HttpResponse,
  type ResolverMatch,
  type UrlPattern,
  type ViewFunction,
} from '../../src/lifecycle/index.ts'
import { perform } from './behaviour.ts'
import { messageOf, typeOf } from './exceptions.ts'
import type { Callback, Event, Match, Pattern, UrlConf as Description } from './format.d.ts'
import { outcome } from './responses.ts'
import { record, type Story } from './story.ts'
import { decodeAll, encode, encodeAll } from './values.ts'
import { viewNames } from './view-names.ts'

/** The kit's words for a match. */
export function matchOf(match: ResolverMatch): Match {
  return {
    view: viewNames.get(match.view) ?? match.view.name,
    route: match.route,
    ...(match.urlName === undefined ? {} : { url_name: match.urlName }),
    ...(match.namespaces.length === 0 ? {} : { namespaces: [...match.namespaces] }),
    args: match.args.map(encode),
    kwargs: encodeAll(match.kwargs),
  }
}

/** A URL configuration that notes when it is asked. */
class Noted extends UrlConf {
  readonly #name: string
  readonly #story: Story

  constructor(name: string, conf: UrlConf, story: Story) {
    super(conf)
    this.#name = name
    this.#story = story
  }

  override resolve(path: string): ResolverMatch {
    const event: Event = { e: 'resolve', urlconf: this.#name, path, out: 'match' }
    this.#story.events.push(event)
    try {
      const match = super.resolve(path)
      Object.assign(event, matchOf(match))
      return match
    } catch (error) {
      event.out = error instanceof Resolver404 ? 'no_match' : `raise:${typeOf(error)}`
      throw error
    }
  }
}

/** Makes the configurations of a scenario, each once. */
export function makeConfs(
  all: Record<string, Description>,
  views: (name: string) => ViewFunction,
  story: Story,
): (name: string) => UrlConf {
  const made = new Map<string, UrlConf>()
  const conf = (name: string): UrlConf => {
    const known = made.get(name)
    if (known !== undefined) return known
    const { patterns, app_name: appName, handlers = {} } = all[name] as Description
    const plain = new UrlConf({ patterns: patterns.map(line), appName, handlers: makeHandlers(handlers, story) })
    const noted = new Noted(name, plain, story)
    made.set(name, noted)
    return noted
  }
  const line = (what: Pattern): UrlPattern => {
    const options = { kwargs: decodeAll(what.kwargs), ...('name' in what && what.name !== undefined ? { name: what.name } : {}) }
    const target = 'view' in what ? views(what.view) : include(conf(what.include), what.namespace)
    return 'path' in what ? path(what.path, target, options) : rePath(what.re_path, target, options)
  }
  return conf
}

function makeHandlers(handlers: Description['handlers'] & object, story: Story): ErrorHandlers {
  return Object.fromEntries(Object.entries(handlers).map(([code, handler]) => [code, makeHandler(Number(code), handler, story)]))
}

function makeHandler(code: number, handler: Callback, story: Story): ErrorHandler {
  return (request, error) => {
    const about = code === 500 ? {} : { exception: typeOf(error), message: messageOf(error) }
    return record(
      story,
      { e: 'error_handler', code, handler: handler.name, ...about },
      () => perform(handler, { request, story }) as Maybe<HttpResponse>,
      (given) => outcome(handler, given, story, false),
    )
  }
}
