import type { Head } from '../otlp/decode-scan.ts'

/** Some spans of one trace, as they came: whole fields `spans` of a ScopeSpans, and the fields that stood around them. */
export interface Piece {
  readonly head: Head
  readonly body: Uint8Array
  readonly start: number
  readonly end: number
}

/** Field 1 of the request and field 2 of ResourceSpans. */
const RESOURCE_SPANS = 0x0a
const SCOPE_SPANS = 0x12

/** The pieces as one ExportTraceServiceRequest; those with the same head under one. */
export function assemble(pieces: readonly Piece[]): Buffer {
  const groups = new Map<Head, Piece[]>()
  for (const piece of pieces) {
    const group = groups.get(piece.head)
    if (group === undefined) groups.set(piece.head, [piece])
    else group.push(piece)
  }
  let total = 0
  const sizes: { scope: number; resource: number }[] = []
  for (const [head, group] of groups) {
    let scope = head.scope.length
    for (const piece of group) scope += piece.end - piece.start
    const resource = head.resource.length + 1 + sizeOf(scope) + scope
    sizes.push({ scope, resource })
    total += 1 + sizeOf(resource) + resource
  }
  return write(groups, sizes, total)
}

function write(groups: Map<Head, Piece[]>, sizes: { scope: number; resource: number }[], total: number): Buffer {
  const out = Buffer.allocUnsafe(total)
  let at = 0
  let index = 0
  for (const [head, group] of groups) {
    const size = sizes[index++] as { scope: number; resource: number }
    at = open(out, at, RESOURCE_SPANS, size.resource)
    at += head.resource.copy(out, at)
    at = open(out, at, SCOPE_SPANS, size.scope)
    at += head.scope.copy(out, at)
    for (const piece of group) {
      out.set(piece.body.subarray(piece.start, piece.end), at)
      at += piece.end - piece.start
    }
  }
  return out
}

function open(out: Buffer, from: number, tag: number, size: number): number {
  let at = from
  out[at++] = tag
  let rest = size
  for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128
  out[at++] = rest
  return at
}

/** The length of a varint. */
function sizeOf(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5
}
