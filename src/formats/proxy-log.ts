import { createHash } from 'node:crypto'
import { OWN } from '../model/attributes.ts'
import { PHASES, type PhaseId } from '../model/phases.ts'
import type { Resource, Span, Value } from '../model/span.ts'
import { nanos, number, parse, triesOf, type Line, type Try } from './proxy-log-line.ts'

/** Whose log it is. */
export interface LogSource {
  /** `service.name`; default `nginx`. */
  readonly service?: string
  /** What the machine is called, as other services there say it (`host.id`, `host.name`): its clock is then known to be theirs. */
  readonly machine?: Readonly<Record<string, string>>
}

/** An interval in ns since the epoch. */
type Interval = readonly [start: bigint, end: bigint]

/**
 * The spans of one line of the log that `nginxConfiguration` or `haproxyConfiguration` describes: `proxy` and its parts, to the millisecond (nginx
 * knows no more). Reading a line again gives the same spans. A connection made within the same millisecond cannot be told
 * from a kept one and has no `proxy.connect`.
 * @returns none for a request that is not sampled; undefined for what is no such line
 */
export function spansOfLine(text: string, source: LogSource = {}): Span[] | undefined {
  const line = parse(text)
  if (line === undefined) return undefined
  if ((parseInt(line.flags ?? '', 16) & 1) === 0) return []
  const end = nanos(line.end)
  const duration = nanos(line.duration)
  if (end === undefined || duration === undefined) return undefined
  const whole: Interval = [end - duration, end]
  const span = maker(line, resourceOf(source))
  return [span('proxy', nameOf(line.method), whole, attributesOf(line)), ...parts(line, whole, span)]
}

type Make = (phase: PhaseId, name: string, span: Interval, attributes: Record<string, Value | undefined>, error?: string) => Span

/** Makes the spans of one line; the first is the proxy's own, the others its children, with ids that follow from its. */
function maker(line: Line, resource: Resource): Make {
  let made = 0
  return (phase, name, [start, end], attributes, error) => {
    const { stage, spanKind: kind } = PHASES[phase]
    const first = made === 0
    const all = { [OWN.phase]: phase, [OWN.stage]: stage, ...attributes, ...(error !== undefined && { 'error.type': error }) }
    return {
      traceId: line.trace as string,
      spanId: first ? (line.span as string) : childId(line.span as string, made),
      parentSpanId: made++ === 0 ? line.parent || null : (line.span as string),
      name,
      kind,
      start,
      end,
      status: error === undefined && attributes['error.type'] === undefined ? 'unset' : 'error',
      statusMessage: '',
      traceState: '',
      flags: 1,
      attributes: present(all),
      events: [],
      links: [],
      resource,
      scope: { name: `phaseline.${line.proxy ?? 'nginx'}`, version: '', attributes: new Map() },
    }
  }
}

function present(values: Record<string, Value | undefined>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
}

function childId(parent: string, index: number): string {
  return createHash('sha256').update(`${parent}/${index}`).digest('hex').slice(0, 16)
}

/** nginx has one time for the forwarding and durations from there on; each try follows the former. */
function parts(line: Line, [start, end]: Interval, span: Make): Span[] {
  const tries = triesOf(line)
  const forwarded = nanos(line.forwarded)
  if (tries.length === 0 || forwarded === undefined) return [span('proxy.respond', 'proxy respond', [start, end], {})]
  const inside = (time: bigint): bigint => (time < start ? start : time > end ? end : time)
  const spans = [span('proxy.receive', 'proxy receive', [start, inside(forwarded)], {})]
  let at = forwarded
  for (const each of tries) {
    spans.push(...partsOfTry(each, at, inside, span))
    at += each.response
  }
  const last = tries.at(-1) as Try
  const answered = inside(last.header === undefined ? at : at - last.response + last.header)
  return [...spans, span('proxy.respond', 'proxy respond', [answered, end], { 'http.response.body.size': number(line.bytes) })]
}

function partsOfTry(
  { address, status, connect, header, response }: Try,
  at: bigint,
  inside: (time: bigint) => bigint,
  span: Make,
): Span[] {
  const peer = { [OWN.proxyUpstream]: address }
  const failure = header === undefined ? String(status ?? 'no answer') : undefined
  const spans: Span[] = []
  if (connect === undefined) return [span('proxy.connect', 'proxy connect', [inside(at), inside(at + response)], peer, failure)]
  if (connect > 0n) spans.push(span('proxy.connect', 'proxy connect', [inside(at), inside(at + connect)], peer))
  spans.push(span('proxy.wait', 'proxy wait', [inside(at + connect), inside(at + (header ?? response))], peer, failure))
  return spans
}

function attributesOf(line: Line): Record<string, Value | undefined> {
  const status = number(line.status)
  const gone = status === 499
  return {
    [OWN.proxyName]: line.proxy ?? 'nginx',
    [OWN.proxyStatic]: !line.upstream && !line.cache,
    [OWN.proxyUpstream]: triesOf(line).at(-1)?.address,
    [OWN.proxyAttempts]: number(line.attempts),
    [OWN.cancelled]: gone || undefined,
    'phaseline.proxy.cache': line.cache || undefined,
    'http.request.method': nameOf(line.method) === 'HTTP' ? '_OTHER' : line.method,
    'http.response.status_code': gone ? undefined : status,
    'error.type': status !== undefined && status >= 500 ? String(status) : undefined,
    'url.scheme': line.scheme,
    'url.path': line.path,
    'server.address': line.host,
    'server.port': number(line.port),
    'client.address': line.client,
    'network.protocol.version': line.protocol?.replace(/^HTTP\//, '').replace(/^2\.0$/, '2'),
  }
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'])

function nameOf(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : 'HTTP'
}

function resourceOf({ service = 'nginx', machine = {} }: LogSource): Resource {
  return {
    service,
    host: machine['host.id'] ?? machine['host.name'] ?? service,
    attributes: new Map(Object.entries({ 'service.name': service, ...machine })),
  }
}
