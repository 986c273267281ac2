import type { Phase } from '../model/observer.ts'
import { now } from '../model/clock.ts'
import type { Beginning, Call } from './call.ts'

/** A response that redirected, waiting for the request that follows it. */
interface Expected {
  readonly call: Call
  readonly at: number
}

const LIMIT = 100
const PATIENCE_MS = 5_000
const expected = new Map<string, Expected>()

/**
 * No library says that a request follows a redirect, so it is recognised: the same URL, asked for in the same phase, soon
 * after a response pointed there. All it decides is `http.request.resend_count`, and that a redirect with no phase around it
 * stays in the trace of the call it came from.
 */
export function expectRedirect(call: Call, parent: Phase | undefined, location: string, at: number): void {
  const target = resolved(location, call)
  if (target === undefined) return
  if (expected.size >= LIMIT) expected.delete(expected.keys().next().value as string)
  expected.set(keyOf(parent, target), { call, at })
}

/** The call whose redirect this one follows, if it does. */
export function redirected(parent: Phase | undefined, { origin, path }: Beginning): Call | undefined {
  if (expected.size === 0) return undefined
  const key = keyOf(parent, origin.origin + path)
  const found = expected.get(key)
  expected.delete(key)
  return found !== undefined && now() - found.at < PATIENCE_MS ? found.call : undefined
}

function keyOf(parent: Phase | undefined, url: string): string {
  return `${parent?.spanId ?? ''} ${url}`
}

function resolved(location: string, call: Call): string | undefined {
  const url = URL.parse(location, call.url)
  return url === null ? undefined : url.origin + url.pathname + url.search
}
