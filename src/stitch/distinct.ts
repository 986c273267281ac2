import { OWN } from '../model/attributes.ts'
import type { Span } from '../model/span.ts'
import { type NodesById, nodesById } from './by-id.ts'
import { fingerprint, same } from './fingerprint.ts'
import { Halves } from './halves.ts'
import { idOf } from './hash.ts'
import { mergeCopies } from './merge.ts'
import { Node } from './node.ts'
import { joinParts } from './parts.ts'
import { toScale, type Scale } from './scale.ts'
import { parts } from './steps.ts'
import { BIT } from './warnings.ts'

/** The spans of a trace, each once, and by id. */
export interface Distinct {
  readonly nodes: Node[]
  readonly byId: NodesById
  readonly shared: Map<string, Halves>
}

/** One node per span: exact copies removed, snapshots replaced, conflicting copies merged, shared ids told apart. In steps. */
export function* distinct(spans: readonly Span[], scale: Scale): Generator<void, Distinct> {
  const result: Distinct = { nodes: [], byId: nodesById(spans.length), shared: new Map() }
  /** By the node of the one that came first. */
  const copies = new Map<Node, Span[]>()
  for (const part of parts(spans)) {
    if (result.nodes.length > 0) yield
    take(part, scale, result, copies)
  }
  if (copies.size === 0) return result
  const once = { ...result, nodes: result.nodes.filter((node) => !copies.has(node)) }
  for (const some of parts([...copies])) {
    yield
    for (const [{ spanId }, several] of some) addCopies(once, spanId, several, scale)
  }
  return once
}

function take(spans: readonly Span[], scale: Scale, result: Distinct, copies: Map<Node, Span[]>): void {
  for (const span of spans) {
    const known = result.byId.get(span.spanId)
    if (known === undefined) add(result, nodeOf(span, span.spanId, 0, scale))
    else if (copies.has(known)) copies.get(known)?.push(span)
    else copies.set(known, [known.span as Span, span])
  }
}

function add({ nodes, byId }: Distinct, node: Node): void {
  nodes.push(node)
  byId.set(node.spanId, node)
}

/** Copies under one id: one node, or a client with its servers. */
function addCopies(result: Distinct, id: string, copies: readonly Span[], scale: Scale): void {
  const told = differing(copies)
  const sides = sidesOf(joinParts(told))
  const shared = sides.length > 1 ? BIT.shared_id : 0
  const repeated = told.length < copies.length ? repeatedSides(copies, told) : undefined
  const halves = sides.map((side, place) => {
    const { span, flags, disputed } = settle(side)
    const name = place === 0 ? id : idOf(`${id} ${span.resource.service} ${span.resource.host}`)
    const isRepeated = repeated !== undefined && (shared === 0 || repeated.has(keyOf(side[0] as Span)))
    const node = nodeOf(span, name, flags | shared | (isRepeated ? BIT.duplicate : 0), scale)
    node.disputed = disputed
    return node
  })
  for (const half of halves) add(result, half)
  if (shared === 0) return
  result.shared.set(id, new Halves(halves))
  const [client, ...servers] = halves as [Node, ...Node[]]
  if (!isServer(client.span as Span)) for (const server of servers) server.shares = client
}

/** The sides of the call of which there are exact copies. */
function repeatedSides(copies: readonly Span[], told: readonly Span[]): Set<string> {
  const counts = new Map<string, number>()
  for (const span of copies) counts.set(keyOf(span), (counts.get(keyOf(span)) ?? 0) + 1)
  for (const span of told) counts.set(keyOf(span), (counts.get(keyOf(span)) ?? 0) - 1)
  return new Set([...counts].filter(([, more]) => more > 0).map(([side]) => side))
}

const keyOf = (span: Span): string => (isServer(span) ? `server ${sideOf(span)}` : '')

function sideOf({ resource }: Span): string {
  return `${resource.host} ${resource.service}`
}

/** Those that say different things; most come twice, and two are compared in a tenth of the time. */
function differing(copies: readonly Span[]): readonly Span[] {
  const [first, second, third] = copies as [Span, Span, ...Span[]]
  if (third === undefined) return same(first, second) ? [second] : copies
  return [...new Map(copies.map((span) => [fingerprint(span), span])).values()]
}

/** Under one id there may be, as Zipkin has it, a client and its server, or the servers of several attempts. */
function sidesOf(copies: readonly Span[]): Span[][] {
  const servers = copies.filter(isServer)
  const others = copies.filter((span) => !isServer(span))
  const said = copies.some((span) => span.shared === true)
  const calls = others.some((span) => span.kind === 'CLIENT' || span.kind === 'PRODUCER')
  if (servers.length === 0 || !(said || calls)) return [[...copies]]
  const hosts = new Map<string, Span[]>()
  for (const span of servers) {
    const key = sideOf(span)
    const side = hosts.get(key)
    if (side === undefined) hosts.set(key, [span])
    else side.push(span)
  }
  const perHost = [...hosts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, side]) => side)
  return others.length > 0 ? [others, ...perHost] : perHost
}

function isServer(span: Span): boolean {
  return span.shared === true || span.kind === 'SERVER' || span.kind === 'CONSUMER'
}

/** One span of a side's copies. @returns whether they dispute when it was, or where, too */
function settle(side: readonly Span[]): { span: Span; flags: number; disputed: boolean } {
  const finished = side.filter((span) => !inFlight(span))
  const [only] = finished
  if (finished.length === 1 && only !== undefined) return { span: only, flags: 0, disputed: false }
  if (finished.length > 1) {
    const span = mergeCopies(finished)
    return { span, flags: BIT.conflict, disputed: !finished.every((copy) => isWhereItWas(copy, span)) }
  }
  return { span: side.reduce((latest, span) => (laterSnapshot(span, latest) ? span : latest)), flags: 0, disputed: false }
}

function isWhereItWas(copy: Span, { start, end, resource }: Span): boolean {
  return copy.start === start && copy.end === end && copy.resource.host === resource.host
}

function laterSnapshot(span: Span, than: Span): boolean {
  if (span.end !== than.end) return span.end > than.end
  if (span.attributes.size !== than.attributes.size) return span.attributes.size > than.attributes.size
  return fingerprint(span) > fingerprint(than)
}

/** Whether a span is a snapshot of one that has not ended. */
function inFlight(span: Span): boolean {
  return span.attributes.get(OWN.inFlight) === true
}

function nodeOf(span: Span, id: string, known: number, scale: Scale): Node {
  // A start and an end of zero are no moment, even where a start of zero is one.
  const silent = span.start === 0n && span.end === 0n
  let start = silent ? NaN : toScale(span.start, scale)
  let end = silent ? NaN : toScale(span.end, scale)
  const begun = !Number.isNaN(start)
  let flags = known
  if (span.start === 0n) flags |= BIT.zero_start
  if ((span.droppedAttributes ?? 0) > 0) flags |= BIT.truncated
  if (inFlight(span)) flags |= BIT.in_flight
  else if (span.end < span.start) flags |= BIT.end_before_start
  // Of one that says only when it began, or only when it ended, that moment is known.
  if (Number.isNaN(start)) start = end
  if (!(end >= start)) end = start
  const node = new Node(span, id, start, end, flags)
  node.untimed = !begun || span.end < span.start
  // A start of zero and an end of the first day, where neither is a moment, are a duration.
  if (Number.isNaN(start) && span.end > span.start) node.lasting = Number((span.end - span.start) / scale.unit)
  return node
}
