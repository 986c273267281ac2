import type { SpanKind } from '../model/phases.ts'
import type { Resource, Span, Value } from '../model/span.ts'
import { ZIPKIN } from '../model/zipkin.ts'
import { idOf, isRenamed, parentIdOf } from './ids.ts'
import { takeFields } from './jaeger-tags.ts'
import { array, endOf, isObject, micros, object, text, type Json } from './json.ts'
import { takeEach, Unusable, type Reading } from './refusal.ts'
import { isFirstVersion, secondVersion } from './zipkin-first.ts'

/** Whether a JSON object is a span of Zipkin's, of either version. */
export function isZipkinSpan(value: unknown): value is Json {
  return isObject(value) && 'traceId' in value && 'id' in value && !('spanId' in value)
}

/**
 * Reads spans in Zipkin's JSON, version 2 (https://zipkin.io/zipkin-api/) or 1. 64-bit trace ids are filled with zeros; the local
 * endpoint is service and host; annotations are events. What a sender reported of one span in parts is marked: stitching puts it together.
 * @param where names a span by its place in the list
 */
export function readZipkin(list: readonly unknown[], where: (place: number) => string): Reading {
  const spans = list.flatMap((span, place) =>
    (isObject(span) && isFirstVersion(span) ? secondVersion(span) : [span]).map((one) => ({ span: one, place })),
  )
  const hosts: Hosts = {
    resources: new Map(),
    addresses: addressesOf(spans.map(({ span }) => object(object(span)['localEndpoint']))),
  }
  return takeEach(
    spans,
    (at) => where((spans[at] as { place: number }).place),
    ({ span }) => spanOf(span, hosts),
  )
}

const KINDS: ReadonlySet<unknown> = new Set<SpanKind>(['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'])

function spanOf(span: unknown, hosts: Hosts): Span {
  if (!isObject(span)) throw new Unusable('no object')
  const start = micros(span['timestamp'], 'timestamp')
  const attributes = attributesOf(span)
  const { kind, status, statusMessage, ...fields } = takeFields(attributes)
  const said = text(span['kind']).toUpperCase()
  const error = attributes.get('error')
  return {
    traceId: idOf(span['traceId'], 32, 'trace id'),
    spanId: idOf(span['id'], 16, 'span id'),
    parentSpanId: parentIdOf(span['parentId']),
    name: text(span['name']),
    kind: KINDS.has(said) ? (said as SpanKind) : kind,
    start,
    end: start === 0n ? 0n : endOf(start, span['duration']),
    ...fields,
    // A tag of that name is an error by itself, even an empty one.
    status: error === '' ? 'error' : status,
    statusMessage: statusMessage || (error === 'true' ? '' : text(error)),
    flags: span['debug'] === true ? 1 : 0,
    attributes,
    events: array(span['annotations']).map((annotation) => ({
      time: micros(object(annotation)['timestamp'], 'timestamp of an annotation'),
      name: text(object(annotation)['value']),
      attributes: new Map(),
    })),
    links: [],
    resource: resourceOf(object(span['localEndpoint']), hosts),
    shared: isShared(span),
  }
}

/** Tags, and what has no other place: the remote endpoint, the local port, the debug flag, a duration without a time. */
function attributesOf(span: Json): Map<string, Value> {
  const attributes = new Map<string, Value>(Object.entries(object(span['tags'])).map(([key, value]) => [key, text(value)]))
  const remote = object(span['remoteEndpoint'])
  const add = (key: string, value: unknown): void => {
    if (value !== undefined && value !== null && value !== '')
      attributes.set(key, typeof value === 'number' ? value : text(value))
  }
  add('peer.service', remote['serviceName'])
  add('network.peer.address', remote['ipv4'] ?? remote['ipv6'])
  // A port of zero is one that is not known.
  add('network.peer.port', remote['port'] || undefined)
  add('network.local.port', object(span['localEndpoint'])['port'] || undefined)
  if (isShared(span)) attributes.set(ZIPKIN.shared, true)
  if (span['debug'] === true) attributes.set(ZIPKIN.debug, true)
  if (!isSaid(span['timestamp']) || !isSaid(span['duration'])) attributes.set(ZIPKIN.part, true)
  if (!isSaid(span['timestamp']) && isSaid(span['duration'])) add(ZIPKIN.duration, span['duration'])
  if (isRenamed(span['id'], idOf(span['id'], 16, 'span id'))) add(ZIPKIN.spanId, span['id'])
  return attributes
}

/** Only a server has its id from elsewhere: on a client it is a slip. */
function isShared({ shared, kind }: Json): boolean {
  return shared === true && text(kind).toUpperCase() !== 'CLIENT'
}

/** Zipkin's times and durations of zero say nothing. */
function isSaid(micros: unknown): boolean {
  return micros !== undefined && micros !== null && Number(micros) !== 0
}

/** Who sent the spans of a list. */
interface Hosts {
  readonly resources: Map<string, Resource>
  /** IPv4 addresses by the IPv6 addresses that came with them: others may say only that one of the same host. */
  readonly addresses: ReadonlyMap<string, string>
}

function addressesOf(endpoints: readonly Json[]): Map<string, string> {
  const both = endpoints.map(({ ipv4, ipv6 }): [string, string] => [text(ipv6), text(ipv4)])
  return new Map(both.filter((pair) => !pair.includes('')))
}

function resourceOf(endpoint: Json, { resources: known, addresses }: Hosts): Resource {
  const service = text(endpoint['serviceName']) || 'unknown_service'
  const ipv6 = text(endpoint['ipv6'])
  const ip = text(endpoint['ipv4']) || (addresses.get(ipv6) ?? ipv6)
  const key = `${service} ${ip}`
  let resource = known.get(key)
  if (resource === undefined) {
    const attributes = new Map<string, Value>([['service.name', service]])
    if (ip !== '') attributes.set('host.ip', ip)
    known.set(key, (resource = { service, host: ip || service, attributes }))
  }
  return resource
}
