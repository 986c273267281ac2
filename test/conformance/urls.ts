import { lifecycle, NoReverseMatch, Resolver404, type App, type ViewFunction } from '../../src/lifecycle/index.ts'
import { typeOf } from './exceptions.ts'
import type { ExcType, ResolveCheck, ReverseCheck, UrlCase } from './format.d.ts'
import { incoming } from './scenario.ts'
import { story } from './story.ts'
import { makeConfs, matchOf } from './urlconfs.ts'
import { decode, decodeAll, encodeAll } from './values.ts'

type Checked = { id: string } & ({ results: unknown[] } | { build_error: ExcType })

/** Resolves and reverses what a case of `urls.jsonl` asks for. */
export function check({ id, urlconfs, checks }: UrlCase): Checked {
  try {
    const views = new Map<string, ViewFunction>()
    const app = lifecycle({ urls: makeConfs(urlconfs, (name) => named(views, name), story(false))('root') })
    return { id, results: checks.map((one) => ('resolve' in one ? resolved(app, one) : reversed(app, one))) }
  } catch (error) {
    return { id, build_error: typeOf(error) }
  }
}

function named(views: Map<string, ViewFunction>, name: string): ViewFunction {
  const known = views.get(name) ?? Object.defineProperty(() => undefined as never, 'name', { value: name })
  views.set(name, known)
  return known
}

function resolved(app: App, { resolve }: ResolveCheck): ResolveCheck['expect'] {
  const path = app.request(incoming({ path: resolve })).pathInfo
  try {
    const match = app.urls.resolve(path)
    return {
      path,
      match: {
        ...matchOf(match),
        ...(match.urlName !== undefined && { view_name: match.viewName }),
        ...(match.appNames.length > 0 && { app_names: [...match.appNames] }),
        ...(Object.keys(match.extraKwargs).length > 0 && { extra_kwargs: encodeAll(match.extraKwargs) }),
      },
    }
  } catch (error) {
    return error instanceof Resolver404 ? { path, match: null, tried: error.tried } : { path, error: typeOf(error) }
  }
}

function reversed(app: App, { reverse }: ReverseCheck): unknown {
  const { name, args, kwargs, current_app: currentApp, script_name: scriptName, query, fragment } = reverse
  try {
    return {
      url: app.reverse(name, { args: args?.map(decode), kwargs: decodeAll(kwargs), currentApp, scriptName, query, fragment }),
    }
  } catch (error) {
    if (error instanceof NoReverseMatch) return { error: 'no_reverse_match' }
    const { code } = error as { code?: string }
    return { error: code === 'mixed_arguments' ? code : typeOf(error) }
  }
}
