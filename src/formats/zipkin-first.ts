import { array, isObject, object, text, type Json } from './json.ts'

/** Version 1 has its tags among `binaryAnnotations`, and says at each annotation who made it. */
export function isFirstVersion(span: Json): boolean {
  return 'binaryAnnotations' in span || array(span['annotations']).some((annotation) => 'endpoint' in object(annotation))
}

/** What one endpoint says of a span of version 1: a span of version 2 that is being made. Times are microseconds. */
interface Side {
  endpoint: Json | undefined
  kind?: 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER'
  timestamp?: number | undefined
  duration?: number | undefined
  remote?: Json
  shared?: boolean
  readonly tags: Record<string, unknown>
  readonly annotations: unknown[]
}

/** An annotation that says when a side sent or received something. */
interface Mark {
  readonly value: string
  readonly time: number
  readonly side: Side
}

const KINDS: ReadonlyMap<string, Side['kind']> = new Map([
  ['cs', 'CLIENT'],
  ['cr', 'CLIENT'],
  ['sr', 'SERVER'],
  ['ss', 'SERVER'],
  ['ms', 'PRODUCER'],
  ['mr', 'CONSUMER'],
  ['ws', undefined],
  ['wr', undefined],
])

/**
 * A span of Zipkin's version 1 as spans of version 2, by the rules of Zipkin's own converter: one for each endpoint that speaks
 * in it. Its annotations `cs` and `cr` (client), `sr` and `ss` (server), `ms` and `mr` (messages) are kinds and times; `sa`, `ca`
 * and `ma` are who is on the other side. A server that leaves the span's time to its client shares its client's id.
 */
export function secondVersion(span: Json): Json[] {
  const sides: Side[] = [sideOf(undefined)]
  const marks = takeAnnotations(span, sides)
  takeTags(span, sides, marks)
  timeCalls(span, sides, marks)
  timeMessages(span, sides, marks)
  return sides.map((side) => written(span, side))
}

function sideOf(endpoint: Json | undefined): Side {
  return { endpoint, tags: {}, annotations: [] }
}

/** The side that an endpoint is, by its service's name; who says no endpoint is the first. */
function sideFor(sides: Side[], said: unknown): Side {
  const first = sides[0] as Side
  if (!isEndpoint(said)) return first
  if (first.endpoint === undefined) first.endpoint = said
  const known = sides.find(({ endpoint }) => text(endpoint?.['serviceName']) === text(said['serviceName']))
  if (known !== undefined) return known
  const side = sideOf(said)
  sides.push(side)
  return side
}

function isEndpoint(said: unknown): said is Json {
  return isObject(said) && ['serviceName', 'ipv4', 'ipv6'].some((key) => text(said[key]) !== '')
}

function takeAnnotations(span: Json, sides: Side[]): Map<string, Mark> {
  const marks = new Map<string, Mark>()
  for (const annotation of array(span['annotations']).map(object)) {
    const side = sideFor(sides, annotation['endpoint'])
    const value = text(annotation['value'])
    if (!KINDS.has(value) || !isEndpoint(annotation['endpoint'])) {
      side.annotations.push({ timestamp: annotation['timestamp'], value })
      continue
    }
    marks.set(value, { value, time: Number(annotation['timestamp']), side })
    const kind = KINDS.get(value)
    if (kind !== undefined) side.kind = kind
  }
  return marks
}

function takeTags(span: Json, sides: Side[], marks: ReadonlyMap<string, Mark>): void {
  const others = new Map<string, Json>()
  for (const { key, value, endpoint } of array(span['binaryAnnotations']).map(object)) {
    const name = text(key)
    if (['sa', 'ca', 'ma'].includes(name) && isObject(endpoint)) others.set(name, endpoint)
    else if (name !== 'lc' || text(value) !== '') sideFor(sides, endpoint).tags[name] = text(value)
    // A local component speaks for who has no name; an empty one is only there for its endpoint.
    else sideFor(sides, endpoint)
  }
  const first = sides[0] as Side
  if (first.endpoint === undefined && text(first.tags['lc']) !== '') first.endpoint = { serviceName: first.tags['lc'] }
  tellOthers(first, others, marks)
}

/** Who is on the other side: of a call that has no side of its own yet, of the first one. */
function tellOthers(first: Side, others: ReadonlyMap<string, Json>, marks: ReadonlyMap<string, Mark>): void {
  const sideAt = (...values: string[]): Side | undefined => values.map((value) => marks.get(value)?.side).find(Boolean)
  const client = sideAt('cs', 'cr')
  const server = sideAt('sr', 'ss')
  const tell = (side: Side | undefined, name: string): void => {
    const other = others.get(name)
    if (side !== undefined && other !== undefined) side.remote = other
  }
  const none = client === undefined && server === undefined
  if (none && others.has('ca') && !others.has('sa')) first.kind = 'SERVER'
  if (none && others.has('ca') && others.has('sa')) first.endpoint ??= others.get('ca')
  else tell(none ? first : server, 'ca')
  tell(none ? first : client, 'sa')
  for (const value of ['ms', 'mr']) tell(sideAt(value), 'ma')
}

function timeCalls(span: Json, sides: Side[], marks: Map<string, Mark>): void {
  const cr = marks.get('cr')
  const ss = marks.get('ss')
  const cs = marks.get('cs') ?? begunBy(span, cr)
  const sr = marks.get('sr') ?? begunBy(span, ss)
  if (cs !== undefined && sr !== undefined) {
    time(span, cs, cr)
    let server = sr.side
    if (server === cs.side) sides.push((server = { ...sideOf(server.endpoint), kind: 'SERVER' }))
    cs.side.kind = 'CLIENT'
    Object.assign(server, { shared: true, timestamp: sr.time, duration: ss && ss.time - sr.time })
  } else if (cs !== undefined && cr !== undefined) time(span, cs, cr)
  else if (sr !== undefined && ss !== undefined) time(span, sr, ss)
  else timeUnfinished(span, sides, [cs, sr], [cr, ss])
  if (cs === undefined && sr !== undefined && (!said(span, 'timestamp') || (ss !== undefined && !said(span, 'duration')))) {
    sr.side.shared = true
  }
}

/** Where only the end is marked, and the span's own times end there, they began with it. */
function begunBy(span: Json, end: Mark | undefined): Mark | undefined {
  const from = said(span, 'timestamp')
  const took = said(span, 'duration')
  return end !== undefined && from > 0 && took > 0 && from + took === end.time ? { ...end, time: from } : undefined
}

function timeUnfinished(
  span: Json,
  sides: Side[],
  begins: readonly (Mark | undefined)[],
  ends: readonly (Mark | undefined)[],
): void {
  for (const begin of begins) if (begin !== undefined) begin.side.timestamp = begin.time
  for (const end of ends) if (end !== undefined) note(end)
  if (said(span, 'timestamp') === 0) return
  Object.assign(sides[0] as Side, { timestamp: said(span, 'timestamp'), duration: said(span, 'duration') || undefined })
}

function timeMessages(span: Json, sides: Side[], marks: ReadonlyMap<string, Mark>): void {
  const [ms, mr, ws, wr] = ['ms', 'mr', 'ws', 'wr'].map((value) => marks.get(value))
  if (ms !== undefined && mr !== undefined) {
    let consumer = mr.side
    if (consumer === ms.side) sides.push((consumer = { ...sideOf(consumer.endpoint), kind: 'CONSUMER' }))
    ms.side.kind = 'PRODUCER'
    Object.assign(ms.side, { timestamp: ms.time, duration: ws && ws.time - ms.time })
    Object.assign(consumer, { shared: true, timestamp: (wr ?? mr).time, duration: wr && mr.time - wr.time })
  } else if (ms !== undefined) time(span, ms, ws)
  else if (mr !== undefined) time(span, wr === undefined ? mr : { ...mr, time: wr.time }, wr && mr)
  else for (const mark of [ws, wr]) if (mark !== undefined) note(mark)
}

/** The span's own times, if it says both, else those of the marks. */
function time(span: Json, begin: Mark, end: Mark | undefined): void {
  const own = said(span, 'timestamp') > 0 && said(span, 'duration') > 0
  begin.side.timestamp = own ? said(span, 'timestamp') : begin.time
  begin.side.duration = own ? said(span, 'duration') : end && end.time - begin.time
}

function note({ side, time: timestamp, value }: Mark): void {
  side.annotations.push({ timestamp, value })
}

function said(span: Json, key: string): number {
  return Number(span[key] ?? 0)
}

function written({ traceId, parentId, id, name, debug }: Json, side: Side): Json {
  const { endpoint: localEndpoint, remote: remoteEndpoint, ...rest } = side
  return { traceId, parentId, id, name, debug, localEndpoint, remoteEndpoint, ...rest }
}
