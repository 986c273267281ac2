import type { Head } from '../otlp/decode-scan.ts'

/** A resource that was seen, and the heads that have it, by the bytes of their scopes. */
interface Known {
  readonly resource: Buffer
  readonly heads: Map<string, Head>
  /** Of all these. */
  bytes: number
}

/**
 * Resource and scope come again and again with the same bytes: kept once, so that equal ones are the same object. By the bytes of the
 * resource; the oldest go first.
 */
const resources = new Map<string, Known>()
const MOST = 2_000
/** Bytes of them all: a resource may be as large as a body. */
const ROOM = 8 * 1024 * 1024
/** What is larger is kept by nobody but its body. */
const LARGE = 64 * 1024
let held = 0
let bytes = 0

/** @returns gives the shared head for each of the heads of one body: a resource comes with every scope of it, and is looked for once */
export function sharing(): (head: Head) => Head {
  let resource: Buffer | undefined
  let known: Known | undefined
  return (head) => {
    if (known === undefined || head.resource !== resource) known = knownOf((resource = head.resource))
    return headOf(known, head.scope)
  }
}

function knownOf(resource: Buffer): Known {
  if (resource.length > LARGE) return { resource: Buffer.from(resource), heads: new Map(), bytes: 0 }
  const key = resource.toString('latin1')
  let known = resources.get(key)
  if (known === undefined) {
    known = { resource: Buffer.from(resource), heads: new Map(), bytes: resource.length }
    bytes += resource.length
    resources.set(key, known)
  }
  return known
}

function headOf(known: Known, scope: Buffer): Head {
  if (scope.length > LARGE) return { resource: known.resource, scope: Buffer.from(scope) }
  const key = scope.toString('latin1')
  let head = known.heads.get(key)
  if (head === undefined) {
    head = { resource: known.resource, scope: Buffer.from(scope) }
    known.heads.set(key, head)
    if (known.resource.length <= LARGE) keep(known, scope.length)
  }
  return head
}

function keep(known: Known, more: number): void {
  known.bytes += more
  bytes += more
  held++
  for (const [key, oldest] of resources) {
    if (held <= MOST && bytes <= ROOM) return
    resources.delete(key)
    held -= oldest.heads.size
    bytes -= oldest.bytes
  }
}
