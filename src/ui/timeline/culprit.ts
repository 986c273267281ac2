import type { Trace } from './trace.ts'

/** What a request waited for most: a middleware with all its hooks, or all spans of one name in one service. */
export interface Culprit {
  readonly name: string
  readonly service: string
  /** How many spans of it were waited for. */
  readonly times: number
  /** Nanoseconds on the critical path. */
  readonly ns: number
  /** The span that was waited for longest. */
  readonly span: number
}

interface Sum {
  ns: number
  times: number
  span: number
  longest: number
}

/** Less than this share of the whole is nobody's fault in particular. */
const LEAST = 0.2

/** Names and services are indexes into a timeline's texts: fewer than so many. */
const TEXTS = 2 ** 24

/** By what spans are taken together: a number, because 100,000 spans would be as many texts. */
function keyOf({ name, service, middleware }: Trace['outline']['spans'], span: number): number {
  const hooked = middleware[span] as number
  const own = hooked >= 0 ? -1 - hooked : (name[span] as number)
  return own * TEXTS + (service[span] as number)
}

/** Sums of what was waited for, span by span: the pieces of the critical path make up the whole time. */
function sums({ outline }: Pick<Trace, 'outline'>): Map<number, Sum> {
  const found = new Map<number, Sum>()
  const bySpan = new Map<number, number>()
  const { criticalPath: pieces } = outline
  for (let at = 0, span = 0; at + 2 < pieces.length; at += 3) {
    span += pieces[at] as number
    bySpan.set(span, (bySpan.get(span) ?? 0) + (pieces[at + 2] as number))
  }
  for (const [span, ns] of bySpan) {
    const key = keyOf(outline.spans, span)
    const sum = found.get(key)
    if (sum === undefined) found.set(key, { ns, times: 1, span, longest: ns })
    else {
      sum.ns += ns
      sum.times++
      if (ns > sum.longest) Object.assign(sum, { span, longest: ns })
    }
  }
  return found
}

/** Whose fault it is; null where the time is spread over many. */
export function culpritOf(trace: Trace): Culprit | null {
  let most: Sum | undefined
  for (const sum of sums(trace).values()) if (sum.ns > (most?.ns ?? 0)) most = sum
  if (most === undefined || most.ns < trace.total * LEAST) return null
  const { span, ns, times } = most
  const hooked = trace.middleware(span) !== null
  const name = hooked ? trace.name(span).replace(/ process_\w+$/, '') : trace.name(span)
  return { name, service: trace.service(span), times, ns, span }
}
