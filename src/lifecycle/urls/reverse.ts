import { isDeepStrictEqual } from 'node:util'
import { PhaselineError } from '../../model/errors.ts'
import { NoReverseMatch } from '../errors.ts'
import type { View } from '../view.ts'
import type { UrlConf } from './conf.ts'
import type { Converter } from './converters.ts'
import { compile } from './dialect.ts'
import { escapeLeadingSlashes, quoteReversed } from './encode.ts'
import { Included, type UrlPattern } from './line.ts'
import { compiled, type Kwargs } from './pattern.ts'
import { candidates, fill, type Candidate } from './reversal.ts'

/** What a name is to be written with. */
export interface ReverseOptions {
  /** Unnamed arguments, or named ones; not both. */
  readonly args?: readonly unknown[] | undefined
  readonly kwargs?: Kwargs | undefined
  /** Which instance of an application is meant: a namespace, or several joined by colons. */
  readonly currentApp?: string | undefined
  /** The mount prefix, without a slash at its end. */
  readonly scriptName?: string | undefined
  /** Put behind as a query string. */
  readonly query?: Readonly<Record<string, unknown>> | undefined
  /** Put behind as it is. */
  readonly fragment?: string | undefined
}

type Converters = Readonly<Record<string, Converter>>

/** One way to write a name. */
interface Possibility {
  readonly candidates: readonly Candidate[]
  readonly expression: string
  readonly defaults: Kwargs
  readonly converters: Converters
  check?: RegExp
}

interface Namespace {
  /** The expressions of the prefixes above. */
  readonly prefix: string
  readonly converters: Converters
  readonly conf: UrlConf
  /** What was asked for below the prefix so far, and the namespaces inside with the prefixes of both. */
  readonly found: Map<string | View, readonly Possibility[]>
  readonly inside: Map<Namespace, Namespace>
}

function namespace(prefix: string, converters: Converters, conf: UrlConf): Namespace {
  return { prefix, converters, conf, found: new Map(), inside: new Map() }
}

const roots = new WeakMap<UrlConf, Namespace>()

function rootOf(conf: UrlConf): Namespace {
  const known = roots.get(conf) ?? namespace('', {}, conf)
  roots.set(conf, known)
  return known
}

/** Throws `ImproperlyConfigured` if the prefixes make no regular expression together. */
function inside(outer: Namespace, inner: Namespace): Namespace {
  const known = outer.inside.get(inner)
  if (known !== undefined) return known
  const prefix = outer.prefix + inner.prefix
  compiled(prefix)
  const made = namespace(prefix, { ...outer.converters, ...inner.converters }, inner.conf)
  outer.inside.set(inner, made)
  return made
}

/** What a level can reverse: names and views, namespaces, and the namespaces of each application. */
interface Table {
  readonly names: Map<string | View, Possibility[]>
  readonly namespaces: Map<string, Namespace>
  readonly apps: Map<string, string[]>
}

const tables = new WeakMap<readonly UrlPattern[], Table>()

function tableOf(patterns: readonly UrlPattern[]): Table {
  const known = tables.get(patterns)
  if (known !== undefined) return known
  const made: Table = { names: new Map(), namespaces: new Map(), apps: new Map() }
  // From the last to the first: of several patterns with one name, the last is tried first.
  for (const line of patterns.toReversed()) addLine(made, line)
  tables.set(patterns, made)
  return made
}

const bare = (expression: string): string => (expression.startsWith('^') ? expression.slice(1) : expression)

function add<K, V>(map: Map<K, V[]>, key: K, ...values: V[]): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, values)
  else list.push(...values)
}

function addLine(table: Table, { pattern, target, name, kwargs }: UrlPattern): void {
  const expression = bare(pattern.expression)
  const { converters } = pattern
  if (!(target instanceof Included)) {
    const possibility = { candidates: candidates(expression), expression, defaults: kwargs, converters }
    add(table.names, target, possibility)
    if (name !== undefined) add(table.names, name, possibility)
  } else if (target.appName !== undefined && target.namespace !== undefined) {
    add(table.apps, target.appName, target.namespace)
    table.namespaces.set(target.namespace, namespace(expression, converters, target.conf))
    // Not needed here: what is wrong inside is told by whatever is reversed first, as in Django, not by chance.
    tableOf(target.conf.patterns)
  } else addIncluded(table, tableOf(target.conf.patterns), { expression, converters, kwargs })
}

interface Outer {
  readonly expression: string
  readonly converters: Converters
  readonly kwargs: Kwargs
}

/** The patterns of an include without a namespace belong to the level above. */
function addIncluded(table: Table, inner: Table, outer: Outer): void {
  for (const [name, possibilities] of inner.names) add(table.names, name, ...possibilities.map((p) => under(outer, p)))
  for (const [app, names] of inner.apps) add(table.apps, app, ...names)
  for (const [name, { prefix, converters, conf }] of inner.namespaces)
    table.namespaces.set(name, namespace(outer.expression + prefix, { ...converters, ...outer.converters }, conf))
}

function under(outer: Outer, { expression, defaults, converters }: Possibility): Possibility {
  const joined = outer.expression + expression
  return {
    candidates: candidates(joined),
    expression: joined,
    defaults: { ...defaults, ...outer.kwargs },
    converters: { ...outer.converters, ...converters },
  }
}

/** The URL of a name. */
export function reverseIn(conf: UrlConf, name: string | View, options: ReverseOptions): string {
  const parts = typeof name === 'string' ? name.split(':') : []
  const wanted = typeof name === 'string' ? (parts.pop() as string) : name
  const space = descend(conf, parts, options.currentApp?.split(':'))
  if ((options.args ?? []).length > 0 && Object.keys(options.kwargs ?? {}).length > 0)
    throw new PhaselineError('mixed_arguments', 'reverse() takes args or kwargs, not both')
  const possibilities = possibilitiesOf(space, wanted)
  const found = firstFit(possibilities, options)
  if (found === undefined) throw noMatch(name, options, possibilities.length)
  const mount = `${(options.scriptName ?? '').replace(/\/+$/, '')}/`
  return escapeLeadingSlashes(quoteReversed(mount + found)) + queryOf(options.query) + fragmentOf(options.fragment)
}

const NONE: readonly Possibility[] = []

function possibilitiesOf({ prefix, converters, conf, found }: Namespace, wanted: string | View): readonly Possibility[] {
  const plain = tableOf(conf.patterns).names.get(wanted) ?? NONE
  if (prefix === '' || plain.length === 0) return plain
  const known = found.get(wanted) ?? plain.map((one) => under({ expression: prefix, converters, kwargs: {} }, one))
  found.set(wanted, known)
  return known
}

/** Follows namespaces from level to level. */
function descend(root: UrlConf, parts: readonly string[], currentApp: readonly string[] | undefined): Namespace {
  let current = currentApp
  let here = rootOf(root)
  for (const [depth, part] of parts.entries()) {
    const { apps, namespaces } = tableOf(here.conf.patterns)
    const wanted = instanceOf(part, apps.get(part), current?.[depth])
    if (wanted !== current?.[depth]) current = undefined
    const next = namespaces.get(wanted)
    if (next === undefined)
      throw new NoReverseMatch(`"${wanted}" is no namespace${depth > 0 ? ` inside ${parts.slice(0, depth).join(':')}` : ''}`)
    here = inside(here, next)
  }
  return here
}

/** An application's name means the current instance of it, else the one named like it, else the last. */
function instanceOf(part: string, instances: readonly string[] | undefined, current: string | undefined): string {
  if (instances === undefined) return part
  if (current !== undefined && instances.includes(current)) return current
  return instances.includes(part) ? part : (instances[0] as string)
}

function firstFit(possibilities: readonly Possibility[], { args = [], kwargs = {} }: ReverseOptions): string | undefined {
  for (const possibility of possibilities) {
    for (const candidate of possibility.candidates) {
      const values = args.length > 0 ? positional(candidate, args) : named(candidate, kwargs, possibility.defaults)
      const texts = values === undefined ? undefined : textsOf(values, possibility.converters)
      if (texts === undefined) continue
      const url = fill(candidate, texts)
      possibility.check ??= compile(`\\A${possibility.expression}`)
      if (possibility.check.test(url)) return url
    }
  }
  return undefined
}

function positional({ params }: Candidate, args: readonly unknown[]): Kwargs | undefined {
  return params.length === args.length ? Object.fromEntries(params.map((param, i) => [param, args[i]])) : undefined
}

/** Exactly the parameters, and fixed values only as they are. */
function named({ params }: Candidate, kwargs: Kwargs, defaults: Kwargs): Kwargs | undefined {
  const has = (name: string): boolean => Object.hasOwn(kwargs, name)
  const fixed = (name: string): boolean => Object.hasOwn(defaults, name)
  if (!params.every((param) => has(param) || fixed(param))) return undefined
  if (!Object.keys(kwargs).every((key) => params.includes(key) || fixed(key))) return undefined
  const differs = (key: string): boolean => !params.includes(key) && has(key) && !isDeepStrictEqual(kwargs[key], defaults[key])
  return Object.keys(defaults).some(differs) ? undefined : { ...defaults, ...kwargs }
}

function textsOf(values: Kwargs, converters: Converters): Map<string, string> | undefined {
  const texts = new Map<string, string>()
  try {
    for (const [key, value] of Object.entries(values)) texts.set(key, converters[key]?.toUrl(value) ?? String(value))
    return texts
  } catch {
    return undefined
  }
}

function noMatch(name: string | View, { args = [], kwargs = {} }: ReverseOptions, tried: number): NoReverseMatch {
  const what = typeof name === 'string' ? `"${name}"` : `the view ${name.name}`
  if (tried === 0) return new NoReverseMatch(`No pattern is named ${what}`)
  const given = args.length > 0 ? args.map(String).join(', ') : Object.keys(kwargs).join(', ') || 'nothing'
  return new NoReverseMatch(`No pattern of ${what} takes ${given}; ${tried} tried`)
}

/** As HTML forms encode: blanks are plus signs. */
const formEncode = (text: unknown): string =>
  encodeURIComponent(String(text))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')

function queryOf(query: Readonly<Record<string, unknown>> | undefined): string {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${formEncode(key)}=${formEncode(one)}`),
  )
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

const fragmentOf = (fragment: string | undefined): string => (fragment === undefined ? '' : `#${fragment}`)
