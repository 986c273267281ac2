import { ImproperlyConfigured, Resolver404 } from '../errors.ts'
import { viewLabel } from '../labels.ts'
import { siteOf } from '../site.ts'
import type { ErrorHandler, View } from '../view.ts'
import { resolveIn, triedIn } from './level.ts'
import { Included, type UrlPattern } from './line.ts'
import type { ResolverMatch } from './match.ts'
import { regexPattern, routePattern, type Kwargs, type Pattern } from './pattern.ts'
import { reverseIn, type ReverseOptions } from './reverse.ts'

/** The statuses that a URL configuration may have handlers for. */
export type ErrorStatus = 400 | 403 | 404 | 500
/** What answers in place of the built-in pages, by status. */
export type ErrorHandlers = Readonly<Partial<Record<ErrorStatus, ErrorHandler>>>

/** What `urlconf()` takes. */
export interface UrlConfOptions {
  readonly patterns: readonly UrlPattern[]
  /** Makes its names reachable as `{appName}:{name}`. */
  readonly appName?: string | undefined
  /** Instead of the built-in pages. Those of the main configuration, or of the one that the request chose, are used. */
  readonly handlers?: ErrorHandlers | undefined
}

/** A URL configuration. Patterns are tried in order, the first match wins. */
export class UrlConf {
  readonly patterns: readonly UrlPattern[]
  readonly appName: string | undefined
  readonly handlers: ErrorHandlers

  constructor({ patterns, appName, handlers = {} }: UrlConfOptions) {
    this.patterns = patterns
    this.appName = appName
    this.handlers = handlers
  }

  /** @param path decoded, with its leading slash. Throws `Resolver404`. */
  resolve(path: string): ResolverMatch {
    const found = this.find(path)
    if (found === undefined)
      throw new Resolver404(path, () => (path.startsWith('/') ? triedIn(this.patterns, path.slice(1)) : []))
    return found
  }

  /** Like `resolve`, with nothing for no match. */
  find(path: string): ResolverMatch | undefined {
    return path.startsWith('/') ? resolveIn(this.patterns, path.slice(1)) : undefined
  }

  /** The URL of a name, or of a view. Throws `NoReverseMatch`. */
  reverse(name: string | View, options: ReverseOptions = {}): string {
    return reverseIn(this, name, options)
  }
}

interface PatternOptions {
  /** For reversing. */
  readonly name?: string
  /** Fixed named arguments for the view, or for all views of an include. */
  readonly kwargs?: Kwargs
}

function line(pattern: Pattern, target: View | Included, { name, kwargs = {} }: PatternOptions): UrlPattern {
  if (typeof target !== 'function' && !(target instanceof Included))
    throw new ImproperlyConfigured(`Pattern ${JSON.stringify(pattern.text)}: neither a view nor an include()`)
  const site = target instanceof Included ? undefined : siteOf()
  if (site !== undefined) viewLabel(target as View, site)
  return { pattern, target, name, kwargs }
}

/**
 * A line of a URL configuration.
 * @param route without a leading slash: `books/<int:id>/`
 * @param target a view, `SomeView.asView()`, or `include(…)`
 * @throws ImproperlyConfigured for another target, and for a route with an unknown converter or a name twice
 */
export function path(route: string, target: View | Included, options: PatternOptions = {}): UrlPattern {
  return line(routePattern(route, !(target instanceof Included)), target, options)
}

/** The same with a regular expression, in Django's dialect: `^articles/(?P<year>[0-9]{4})/$`. Of a `RegExp` the source counts. */
export function rePath(regex: string | RegExp, target: View | Included, options: PatternOptions = {}): UrlPattern {
  const text = typeof regex === 'string' ? regex : `${regex.ignoreCase ? '(?i)' : ''}${regex.source}`
  return line(regexPattern(text, !(target instanceof Included)), target, options)
}

/**
 * Other patterns under a prefix.
 * @param namespace tells several instances of one application apart; the application's name by default
 * @throws ImproperlyConfigured for a namespace of a configuration without `appName`
 */
export function include(conf: UrlConf | readonly UrlPattern[], namespace?: string): Included {
  const included = conf instanceof UrlConf ? conf : new UrlConf({ patterns: conf })
  if (namespace !== undefined && included.appName === undefined)
    throw new ImproperlyConfigured(
      `The namespace "${namespace}" needs a configuration with an appName: include(urlconf({ appName, … }))`,
    )
  return new Included(included, namespace)
}

/** A URL configuration with a name or error handlers of its own. */
export function urlconf(options: UrlConfOptions): UrlConf {
  return new UrlConf(options)
}
