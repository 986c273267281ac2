import { Included, type UrlPattern } from './line.ts'
import { ResolverMatch } from './match.ts'
import type { Kwargs, Matched } from './pattern.ts'

/** A line with its place among the others. */
interface Placed {
  readonly line: UrlPattern
  readonly place: number
}

/**
 * The patterns of one level by the literal text they begin with, up to its last slash. Most begin with a literal segment: looking
 * them up instead of trying them makes a thousand patterns cost what a few do.
 */
interface Index {
  readonly byLead: ReadonlyMap<string, readonly Placed[]>
  /** Those that begin with no whole literal segment: to be tried always. */
  readonly others: readonly Placed[]
  /** The most slashes that a key has: how far a path has to be looked at. */
  readonly depth: number
}

const indexes = new WeakMap<readonly UrlPattern[], Index>()

/** The whole of an exact pattern, else the whole segments that every match begins with. */
const keyOf = ({ pattern: { exact, lead } }: UrlPattern): string => (exact ? lead : lead.slice(0, lead.lastIndexOf('/') + 1))

function indexOf(patterns: readonly UrlPattern[]): Index {
  const known = indexes.get(patterns)
  if (known !== undefined) return known
  const placed = patterns.map((line, place) => ({ line, place }))
  const isOther = ({ line }: Placed): boolean => !line.pattern.exact && keyOf(line) === ''
  const byLead = Map.groupBy(
    placed.filter((one) => !isOther(one)),
    ({ line }) => keyOf(line),
  )
  const depth = Math.max(0, ...[...byLead.keys()].map((key) => key.split('/').length - 1))
  const made = { byLead, others: placed.filter(isOther), depth }
  indexes.set(patterns, made)
  return made
}

/** The patterns that a path may match, in order. */
function candidatesFor({ byLead, others, depth }: Index, path: string): readonly Placed[] {
  let found = others
  for (let count = 0, slash = path.indexOf('/'); slash >= 0 && count < depth; count++, slash = path.indexOf('/', slash + 1))
    found = merged(found, byLead.get(path.slice(0, slash + 1)))
  return path.endsWith('/') ? found : merged(found, byLead.get(path))
}

function merged(some: readonly Placed[], more: readonly Placed[] | undefined): readonly Placed[] {
  if (more === undefined) return some
  return some.length === 0 ? more : [...some, ...more].sort((a, b) => a.place - b.place)
}

/** The first match of a path without its leading slash, or undefined. */
export function resolveIn(patterns: readonly UrlPattern[], path: string): ResolverMatch | undefined {
  for (const { line } of candidatesFor(indexOf(patterns), path)) {
    const matched = line.pattern.match(path)
    if (matched === undefined) continue
    const found = line.target instanceof Included ? within(line, line.target, matched) : atEnd(line, matched)
    if (found !== undefined) return found
  }
  return undefined
}

function atEnd(line: UrlPattern, { args, kwargs }: Matched): ResolverMatch {
  return new ResolverMatch({
    view: line.target as Exclude<UrlPattern['target'], Included>,
    args,
    kwargs: { ...kwargs, ...line.kwargs },
    route: line.pattern.text,
    urlName: line.name,
    namespaces: NONE,
    appNames: NONE,
    extraKwargs: line.kwargs,
  })
}

const NONE: readonly string[] = []

/** Values of outer levels are passed on, inner ones win; if a level has named values, unnamed ones of outer levels are dropped. */
function within(line: UrlPattern, { conf, namespace, appName }: Included, outer: Matched): ResolverMatch | undefined {
  const inner = resolveIn(conf.patterns, outer.rest)
  if (inner === undefined) return undefined
  const kwargs: Kwargs = { ...outer.kwargs, ...line.kwargs, ...inner.kwargs }
  return new ResolverMatch({
    view: inner.view,
    args: Object.keys(kwargs).length === 0 ? [...outer.args, ...inner.args] : inner.args,
    kwargs,
    route: joinRoutes(line.pattern.text, inner.route),
    urlName: inner.urlName,
    namespaces: namespace === undefined ? inner.namespaces : [namespace, ...inner.namespaces],
    appNames: appName === undefined ? inner.appNames : [appName, ...inner.appNames],
    extraKwargs: { ...line.kwargs, ...inner.extraKwargs },
  })
}

function joinRoutes(outer: string, inner: string): string {
  if (outer === '') return inner
  return outer + (inner.startsWith('^') ? inner.slice(1) : inner)
}

/** The patterns that were tried for a path without a match, each with the includes above it. */
export function triedIn(patterns: readonly UrlPattern[], path: string): string[][] {
  return patterns.flatMap((line) => {
    const { pattern, target } = line
    if (!(target instanceof Included)) return [[pattern.text]]
    const matched = pattern.match(path)
    if (matched === undefined) return [[pattern.text]]
    const below = triedIn(target.conf.patterns, matched.rest)
    return below.length === 0 ? [[pattern.text]] : below.map((tried) => [pattern.text, ...tried])
  })
}
