import type { Trace } from './trace.ts'

/** The two sides of one middleware: rows of its request and its response hook, and how deep inside the others it is. */
export interface Layer {
  readonly request: number
  readonly response: number
  readonly level: number
}

type Hooks = Pick<Trace, 'size' | 'phase' | 'middleware' | 'parent'>

/** The nearest gateway above each span (itself included), -1 for none: hooks of one request belong together, whoever called them. */
function gateways(trace: Hooks): Int32Array {
  const found = new Int32Array(trace.size)
  for (let span = 0; span < trace.size; span++) {
    const above = trace.parent[span] as number
    found[span] = trace.phase(span) === 'gateway' ? span : above < 0 ? -1 : (found[above] as number)
  }
  return found
}

/** How deep each layer is nested: an outer one begins earlier and ends later. */
function levelled(pairs: readonly (readonly [number, number])[]): Layer[] {
  const ends: number[] = []
  return pairs.map(([request, response]) => {
    // One deeper than the innermost that is still open.
    const level = ends.findLastIndex((end) => end >= request) + 1
    ends.length = level
    ends.push(response)
    return { request, response, level }
  })
}

/** The hooks that belong to one middleware in one request, by the index of each of its spans. */
export function hooksOf(trace: Hooks): ReadonlyMap<number, readonly number[]> {
  const gateway = gateways(trace)
  const groups = new Map<string, number[]>()
  const bySpan = new Map<number, number[]>()
  for (let span = 0; span < trace.size; span++) {
    const name = trace.middleware(span)
    if (name === null) continue
    const key = `${gateway[span]} ${name}`
    const group = groups.get(key) ?? []
    group.push(span)
    groups.set(key, group)
    bySpan.set(span, group)
  }
  return bySpan
}

/** Each middleware's way in joined to its way out, outermost first. */
export function layers(trace: Hooks, hooks: ReadonlyMap<number, readonly number[]>): Layer[] {
  const pairs = [...new Set(hooks.values())].flatMap((group) => {
    const request = group.find((span) => trace.phase(span) === 'middleware.request')
    const response = group.findLast((span) => trace.phase(span) === 'middleware.response')
    return request === undefined || response === undefined || response < request ? [] : [[request, response] as const]
  })
  return levelled(pairs.sort((a, b) => a[0] - b[0]))
}
