import type { Span, Value, ValueMap } from '../model/span.ts'
import { fingerprint } from './fingerprint.ts'

const WORST = { error: 2, ok: 1, unset: 0 }

/**
 * One span of several that say different things under one id: what the fullest copy says, completed by the others; from the
 * earliest start to the latest end, with the worst status. A function of the set, not of its order. Linear: a sender that gives
 * one id to all its spans makes 100,000 copies.
 */
export function mergeCopies(copies: readonly Span[]): Span {
  const ranked = [...copies].sort(fullestFirst(remembered()))
  const [fullest] = ranked as [Span, ...Span[]]
  const starts = ranked.map((span) => span.start).filter((start) => start !== 0n)
  const { status, statusMessage } = ranked.reduce((worst, span) => (WORST[span.status] > WORST[worst.status] ? span : worst))
  return {
    ...fullest,
    parentSpanId: ranked.find(({ parentSpanId }) => parentSpanId !== null)?.parentSpanId ?? null,
    name: ranked.find(({ name }) => name !== '')?.name ?? '',
    kind: ranked.find(({ kind }) => kind !== 'INTERNAL')?.kind ?? 'INTERNAL',
    start: least(starts),
    end: ranked.reduce((latest, span) => (span.end > latest ? span.end : latest), 0n),
    status,
    statusMessage,
    attributes: union(ranked),
    events: told(ranked, ({ events }) => events, eventKey),
    links: told(
      ranked,
      ({ links }) => links,
      ({ spanId }) => spanId,
    ),
    resource: (ranked.find(({ resource }) => resource.service !== 'unknown_service') ?? ranked.at(-1) ?? fullest).resource,
  }
}

/** A span's fingerprint, made once: a sort asks for each many times. */
function remembered(): (span: Span) => string {
  const known = new Map<Span, string>()
  return (span) => {
    let print = known.get(span)
    if (print === undefined) known.set(span, (print = fingerprint(span)))
    return print
  }
}

function fullestFirst(printOf: (span: Span) => string): (a: Span, b: Span) => number {
  return (a, b) => {
    const longer = b.end - b.start - (a.end - a.start)
    if (longer !== 0n) return longer > 0n ? 1 : -1
    return b.attributes.size - a.attributes.size || (printOf(a) < printOf(b) ? -1 : 1)
  }
}

function least(times: readonly bigint[]): bigint {
  return times.reduce((earliest, time) => (earliest === 0n || time < earliest ? time : earliest), 0n)
}

/** What the fullest says, and of each other copy what none before it said. */
function told<Item>(ranked: readonly Span[], itemsOf: (span: Span) => readonly Item[], keyOf: (item: Item) => string): Item[] {
  const items: Item[] = []
  const keys = new Set<string>()
  for (const span of ranked) {
    const news = itemsOf(span).filter((item) => !keys.has(keyOf(item)))
    for (const item of news) {
      items.push(item)
      keys.add(keyOf(item))
    }
  }
  return items
}

function eventKey({ time, name }: Span['events'][number]): string {
  return `${time} ${name}`
}

/** Of an attribute that several have, the fullest copy's value. */
function union(ranked: readonly Span[]): ValueMap {
  const all = new Map<string, Value>()
  for (const { attributes } of ranked.toReversed()) for (const [key, value] of attributes) all.set(key, value)
  return all
}
