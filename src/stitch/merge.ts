import type { Span, ValueMap } from '../model/span.ts'
import { fingerprint } from './fingerprint.ts'

const WORST = { error: 2, ok: 1, unset: 0 }

/**
 * One span of several that say different things under one id: what the fullest copy says, completed by the others; from the
 * earliest start to the latest end, with the worst status. A function of the set, not of its order.
 */
export function mergeCopies(copies: readonly Span[]): Span {
  const ranked = [...copies].sort(fullestFirst)
  const [fullest, ...others] = ranked as [Span, ...Span[]]
  const starts = ranked.map((span) => span.start).filter((start) => start !== 0n)
  return others.reduce((merged, span): Span => complete(merged, span), {
    ...fullest,
    start: least(starts),
    end: ranked.reduce((latest, span) => (span.end > latest ? span.end : latest), 0n),
  })
}

function fullestFirst(a: Span, b: Span): number {
  const longer = b.end - b.start - (a.end - a.start)
  if (longer !== 0n) return longer > 0n ? 1 : -1
  return b.attributes.size - a.attributes.size || (fingerprint(a) < fingerprint(b) ? -1 : 1)
}

function least(times: readonly bigint[]): bigint {
  return times.reduce((earliest, time) => (earliest === 0n || time < earliest ? time : earliest), 0n)
}

function complete(span: Span, other: Span): Span {
  const worse = WORST[other.status] > WORST[span.status]
  return {
    ...span,
    parentSpanId: span.parentSpanId ?? other.parentSpanId,
    name: span.name === '' ? other.name : span.name,
    kind: span.kind === 'INTERNAL' ? other.kind : span.kind,
    status: worse ? other.status : span.status,
    statusMessage: worse ? other.statusMessage : span.statusMessage,
    attributes: union(span.attributes, other.attributes),
    events: [...span.events, ...other.events.filter((event) => !span.events.some((known) => sameEvent(known, event)))],
    links: [...span.links, ...other.links.filter((link) => !span.links.some((known) => known.spanId === link.spanId))],
    resource: span.resource.service === 'unknown_service' ? other.resource : span.resource,
  }
}

function sameEvent(a: Span['events'][number], b: Span['events'][number]): boolean {
  return a.time === b.time && a.name === b.name
}

function union(first: ValueMap, second: ValueMap): ValueMap {
  return new Map([...second, ...first])
}
