import { ABOUT, type Layer, type Path, type Request } from './shape.ts'

/** The pattern of a route or a mount where all requests match the same one. */
export function fixedPattern(layer: Layer): string | undefined {
  const path = writtenPath(layer)
  return typeof path === 'string' || path instanceof RegExp ? String(path) : undefined
}

function writtenPath(layer: Layer): Path | undefined {
  return layer.route?.path ?? layer[ABOUT]?.registered?.path ?? layer.rawPath
}

/** The pattern of a route or a mount that this request has matched, as it was written; for a regular expression its source. */
export function patternOf(layer: Layer, actual: string, req: Request): string {
  const path = writtenPath(layer)
  const guess = generalise(actual, req.params)
  if (path === undefined) return guess
  const alternatives = [path].flat<Path[], 20>(20)
  return String(alternatives.find((each) => String(each) === guess) ?? alternatives.join('|'))
}

/**
 * A path with the parameters' values replaced by their names: `/users/42` with `id` 42 is `/users/:id`. Nothing else tells the
 * pattern of a mount that was registered before we came, in Express 4 and router 2.2, or which of several was matched.
 */
function generalise(actual: string, params: Record<string, unknown> | undefined): string {
  const open = new Map(Object.entries(params ?? {}).map(([name, value]) => [value, nameOf(name)]))
  return actual
    .split('/')
    .map((part) => open.get(decoded(part)) ?? part)
    .join('/')
}

/** A parameter without a name (a group, a wildcard) is known by its number. */
function nameOf(param: string): string {
  return /^\d/.test(param) ? '*' : `:${param}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** A mount and what lies under it: `/shop` and `/` are `/shop`. */
export function joined(mount: string, pattern: string): string {
  const prefix = mount.endsWith('/') ? mount.slice(0, -1) : mount
  return pattern === '/' || pattern === '' ? prefix || '/' : prefix + (pattern.startsWith('/') ? pattern : `/${pattern}`)
}

/** The path of a URL without its query. */
export function pathname(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
