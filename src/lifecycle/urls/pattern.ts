import { PhaselineError } from '../../model/errors.ts'
import { ImproperlyConfigured } from '../errors.ts'
import { converterNamed, type Converter } from './converters.ts'
import { compile, escapePattern } from './dialect.ts'

/** Named arguments of a view. */
export type Kwargs = Record<string, unknown>

/** What a pattern found at the beginning of a path. */
export interface Matched {
  /** What is left for the patterns of an include. */
  readonly rest: string
  /** The values of unnamed groups; null for one that took no part. */
  readonly args: readonly (string | null)[]
  readonly kwargs: Kwargs
}

export interface Pattern {
  /** As it was written. */
  readonly text: string
  /** As a regular expression, for reversing. Throws `ImproperlyConfigured` if it is none. */
  readonly expression: string
  readonly converters: Readonly<Record<string, Converter>>
  /** The text that every match begins with. */
  readonly lead: string
  /** Whether nothing but `lead` matches. */
  readonly exact: boolean
  match(path: string): Matched | undefined
}

const PLACE = /<(?:([^>:]+):)?([^>]+)>/g
const IDENTIFIER = /^[\p{XID_Start}_]\p{XID_Continue}*$/u
const NONE: readonly never[] = []

interface Place {
  readonly name: string
  readonly converter: Converter
}

/** The pattern of `path()`. @param endpoint whether the whole path has to match, or its beginning */
export function routePattern(route: string, endpoint: boolean): Pattern {
  const places: Place[] = []
  let expression = '^'
  let last = 0
  for (const found of route.matchAll(PLACE)) {
    const place = placeOf(found, route)
    expression += `${escapePattern(route.slice(last, found.index))}(?P<${place.name}>${place.converter.regex})`
    last = found.index + found[0].length
    places.push(place)
  }
  expression += escapePattern(route.slice(last)) + (endpoint ? '\\Z' : '')
  if (places.length === 0) return literalPattern(route, expression, endpoint)
  const twice = places.find(({ name }, index) => places.findIndex((place) => place.name === name) !== index)
  if (twice !== undefined) return unusable(route, twice.name)
  const lead = route.slice(0, route.search(PLACE))
  const converters = Object.fromEntries(places.map(({ name, converter }) => [name, converter]))
  return { text: route, expression, converters, lead, exact: false, match: matcher(expression, places) }
}

function placeOf([whole, kind = 'str', name]: RegExpMatchArray, route: string): Place {
  if (/\s/.test(whole)) throw new ImproperlyConfigured(`Route ${JSON.stringify(route)}: no white space inside <…>`)
  if (name === undefined || !IDENTIFIER.test(name) || name === '__proto__')
    throw new ImproperlyConfigured(`Route ${JSON.stringify(route)}: "${name}" cannot name a parameter`)
  return { name, converter: converterNamed(kind, route) }
}

/** One name twice: as in Django noticed when the pattern is first used, for any path that reaches it and any name of its level. */
function unusable(text: string, name: string): Pattern {
  const complain = (): never => {
    throw new PhaselineError('internal_error', `Route ${JSON.stringify(text)}: two parameters are named ${name}`)
  }
  return {
    text,
    get expression(): string {
      return complain()
    },
    converters: {},
    lead: '',
    exact: false,
    match: complain,
  }
}

function literalPattern(text: string, expression: string, endpoint: boolean): Pattern {
  const all: Matched = { rest: '', args: NONE, kwargs: {} }
  const match = endpoint
    ? (path: string) => (path === text ? all : undefined)
    : (path: string) => (path.startsWith(text) ? { rest: path.slice(text.length), args: NONE, kwargs: {} } : undefined)
  return { text, expression, converters: {}, lead: text, exact: endpoint, match }
}

function matcher(expression: string, places: readonly Place[]): (path: string) => Matched | undefined {
  const regex = lazy(() => compiled(expression))
  return (path) => {
    const found = regex().exec(path)
    if (found === null) return undefined
    const kwargs: Kwargs = {}
    const groups = found.groups as Record<string, string>
    try {
      for (const { name, converter } of places) kwargs[name] = converter.toValue(groups[name] as string)
    } catch {
      return undefined
    }
    return { rest: path.slice(found[0].length), args: NONE, kwargs }
  }
}

/** The pattern of `rePath()`. */
export function regexPattern(text: string, endpoint: boolean): Pattern {
  const whole = endpoint && text.endsWith('$')
  const regex = lazy(() => compiled(whole ? anchored(text) : text))
  return {
    text,
    get expression() {
      regex()
      return text
    },
    converters: {},
    lead: '',
    exact: false,
    match(path) {
      const found = regex().exec(path)
      if (found === null) return undefined
      return { rest: path.slice(found.index + found[0].length), ...captured(found) }
    },
  }
}

/** Named groups give named values, those that took no part are left out; unnamed ones count only if none is named. */
function captured(found: RegExpExecArray): { args: readonly (string | null)[]; kwargs: Kwargs } {
  if (found.groups === undefined) return { args: found.slice(1).map((text) => text ?? null), kwargs: {} }
  return { args: NONE, kwargs: Object.fromEntries(Object.entries(found.groups).filter(([, text]) => text !== undefined)) }
}

function anchored(text: string): string {
  const flags = /^\(\?[ims]+\)/.exec(text)?.[0] ?? ''
  return `${flags}\\A(?:${text.slice(flags.length)})\\Z`
}

/** Throws `ImproperlyConfigured` for what is no regular expression. */
export function compiled(text: string): RegExp {
  try {
    return compile(text)
  } catch (cause) {
    throw new ImproperlyConfigured(`${JSON.stringify(text)} is no regular expression: ${(cause as Error).message}`, { cause })
  }
}

/** Compiled at the first use, as Django does: a large configuration starts fast, and a bad one is told where it is used. */
function lazy<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
