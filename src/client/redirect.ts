import type { Phase } from '../model/observer.ts'
import type { Beginning, Call } from './call.ts'

const LIMIT = 100
const expected = new Map<string, Call>()

/**
 * No library says that a request follows a redirect, so it is recognised: the same URL, asked for in the same phase and in the
 * same turn of the event loop that a response pointed there in, by its head or by its end. That is when fetch, undici's
 * interceptors and follow-redirects make the next one (all tried); a request that somebody makes later is none. All it decides
 * is `http.request.resend_count`, and that a redirect with no phase around it stays in the trace of the call it came from.
 */
export function expectRedirect(call: Call, parent: Phase | undefined, location: string): void {
  const target = resolved(location, call)
  if (target === undefined || expected.size >= LIMIT) return
  const key = keyOf(parent, target)
  expected.set(key, call)
  setImmediate(() => {
    if (expected.get(key) === call) expected.delete(key)
  })
}

/** The call whose redirect this one follows, if it does. */
export function redirected(parent: Phase | undefined, { origin, path }: Beginning): Call | undefined {
  if (expected.size === 0) return undefined
  const key = keyOf(parent, origin.origin + path)
  const found = expected.get(key)
  if (found === undefined) return undefined
  expected.delete(key)
  found.location = undefined
  return found
}

function keyOf(parent: Phase | undefined, url: string): string {
  return `${parent?.spanId ?? ''} ${url}`
}

function resolved(location: string, call: Call): string | undefined {
  const url = URL.parse(location, call.url)
  return url === null ? undefined : url.origin + url.pathname + url.search
}
