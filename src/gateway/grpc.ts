import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { label, type Label } from '../model/label.ts'
import type { Phase } from '../model/observer.ts'

/** Whether the request is a gRPC call (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
export function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/grpc') === true
}

/** By path: the methods that servers have turned out to have. */
const known = new Map<string, Label>()
const LIMIT = 2_000

/** Names the phase after its method if that is known to exist: a path may say anything. */
export function nameMethod(phase: Phase, path: string): void {
  phase.relabel(known.get(path) ?? UNKNOWN)
}

/** What the semantic conventions (1.45) say of an RPC server's calls. */
const GRPC = { 'http.request.method': 'POST', 'rpc.system.name': 'grpc' }
const UNKNOWN = label('gateway', 'POST', { ...GRPC, 'rpc.method': '_OTHER' })

/** A status by its code, and those that are the server's fault. */
const STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]
const FAULTS = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'])

/** Says how the call ended, as its trailers tell (or its head, if that is all there is), and thereby whether there is such a method. */
export function tellStatus(phase: Phase, path: string, { sentTrailers, sentHeaders }: ServerHttp2Stream): void {
  const code = sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status']
  if (code === undefined) return
  const status = STATUS[Number(code)] ?? 'UNKNOWN'
  phase.set('rpc.status_code', status)
  if (FAULTS.has(status)) phase.fail(status)
  if (status !== 'UNIMPLEMENTED') phase.relabel(labelOf(path))
}

function labelOf(path: string): Label {
  let found = known.get(path)
  if (found === undefined) {
    if (known.size >= LIMIT) known.delete(known.keys().next().value as string)
    const method = path.slice(1)
    known.set(path, (found = label('gateway', method, { ...GRPC, 'rpc.method': method, 'http.route': path })))
  }
  return found
}
