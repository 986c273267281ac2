import type { Resource, Span, Value } from '../model/span.ts'
import { ZIPKIN } from '../model/zipkin.ts'
import { fingerprint } from './fingerprint.ts'
import { mergeCopies } from './merge.ts'

/**
 * Zipkin's senders may report a span in parts, its start and later its duration, in one file or batch or in several. Parts of
 * one id are put together where they agree on the side of the call and its endpoint, and at least one is not whole. Whatever
 * else has the same id stays as it is.
 * @param copies all that came under one id
 */
export function joinParts(copies: readonly Span[]): readonly Span[] {
  if (copies.length > MANY || !copies.some(isPart)) return copies
  const joined: Span[] = []
  for (const span of [...copies].sort(fullestFirst)) {
    const place = placeOf(span, joined)
    const whole = joined[place]
    if (whole === undefined) joined.push(span)
    else joined[place] = join(whole, span)
  }
  return joined
}

/** No span comes in so many parts, and each is held against all the others. */
const MANY = 500

function isPart(span: Span): boolean {
  return span.attributes.get(ZIPKIN.part) === true
}

function fullestFirst(a: Span, b: Span): number {
  return fullness(b) - fullness(a) || (fingerprint(a) < fingerprint(b) ? -1 : 1)
}

function fullness(span: Span): number {
  const { service, host } = span.resource
  const said = [span.start !== 0n, lasting(span) !== undefined, span.kind !== 'INTERNAL', service !== UNKNOWN, host !== service]
  return said.filter(Boolean).length
}

/** Which of these it is a part of; of several, one that is on the same side by its own word. */
function placeOf(span: Span, joined: readonly Span[]): number {
  const fits = (whole: Span): boolean => (isPart(whole) || isPart(span)) && belong(whole, span)
  const same = joined.findIndex((whole) => fits(whole) && (whole.shared === true) === (span.shared === true))
  return same < 0 ? joined.findIndex((whole) => fits(whole) && isSenders(whole, span)) : same
}

function belong(a: Span, b: Span): boolean {
  if (a.kind !== b.kind && a.kind !== 'INTERNAL' && b.kind !== 'INTERNAL') return false
  const { resource: here } = a
  const { resource: there } = b
  if (here.service !== there.service && here.service !== UNKNOWN && there.service !== UNKNOWN) return false
  return agree(addressOf(here), addressOf(there)) && agree(portOf(a), portOf(b))
}

/** A server's later parts may not say again that its id is shared; they come from the same endpoint. */
function isSenders(whole: Span, part: Span): boolean {
  return part.resource.service !== UNKNOWN && part.resource.host === whole.resource.host
}

const UNKNOWN = 'unknown_service'

function addressOf({ attributes }: Resource): Value | undefined {
  return attributes.get('host.ip')
}

function portOf({ attributes }: Span): Value | undefined {
  return attributes.get('network.local.port')
}

function agree(a: unknown, b: unknown): boolean {
  return a === undefined || b === undefined || a === b
}

/** The fuller one, completed by the other; when it was and how long may come from either. */
function join(whole: Span, part: Span): Span {
  const merged = mergeCopies([whole, part])
  const start = whole.start || part.start
  const took = lasting(whole) ?? lasting(part)
  const attributes = new Map([...part.attributes, ...whole.attributes])
  if (start !== 0n && took !== undefined) for (const key of [ZIPKIN.part, ZIPKIN.duration]) attributes.delete(key)
  return {
    ...merged,
    name: whole.name || part.name,
    start,
    end: start === 0n ? 0n : start + (took ?? 0n),
    flags: whole.flags | part.flags,
    attributes,
    resource: joinResource(whole.resource, part.resource),
    shared: whole.shared === true || part.shared === true,
  }
}

/** How long it took, ns; undefined if it does not say. */
function lasting({ start, end, attributes }: Span): bigint | undefined {
  if (end > start) return end - start
  const micros = attributes.get(ZIPKIN.duration)
  return Number.isSafeInteger(micros) && (micros as number) > 0 ? BigInt(micros as number) * 1_000n : undefined
}

function joinResource(whole: Resource, part: Resource): Resource {
  const service = whole.service === UNKNOWN ? part.service : whole.service
  const address = addressOf(whole) ?? addressOf(part)
  const attributes = new Map([...part.attributes, ...whole.attributes, ['service.name', service as Value] as const])
  return { service, host: typeof address === 'string' ? address : service, attributes }
}
