import { Included, type UrlPattern } from './line.ts'
import { ResolverMatch } from './match.ts'
import type { Kwargs, Matched } from './pattern.ts'

/**
 * The patterns of one level that can match paths with this first segment, in order. Most patterns begin with a literal
 * segment: looking them up instead of trying them makes a thousand patterns cost what a few do.
 */
interface Index {
  readonly bySegment: ReadonlyMap<string, readonly UrlPattern[]>
  /** Those that do not begin with a whole literal segment. */
  readonly others: readonly UrlPattern[]
}

const indexes = new WeakMap<readonly UrlPattern[], Index>()

/** Up to and with the first slash; the whole if there is none. */
const firstSegment = (path: string): string => path.slice(0, path.indexOf('/') + 1) || path

function segmentOf({ pattern }: UrlPattern): string | undefined {
  if (pattern.exact) return firstSegment(pattern.lead)
  return pattern.lead.includes('/') ? firstSegment(pattern.lead) : undefined
}

function indexOf(patterns: readonly UrlPattern[]): Index {
  const known = indexes.get(patterns)
  if (known !== undefined) return known
  const segments = new Set(patterns.map(segmentOf))
  segments.delete(undefined)
  const under = (segment: string | undefined): UrlPattern[] =>
    patterns.filter((line) => [segment, undefined].includes(segmentOf(line)))
  const made = { bySegment: new Map([...segments].map((s) => [s as string, under(s)])), others: under(undefined) }
  indexes.set(patterns, made)
  return made
}

/** The first match of a path without its leading slash, or undefined. */
export function resolveIn(patterns: readonly UrlPattern[], path: string): ResolverMatch | undefined {
  const { bySegment, others } = indexOf(patterns)
  for (const line of bySegment.get(firstSegment(path)) ?? others) {
    if (!path.startsWith(line.pattern.lead)) continue
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
