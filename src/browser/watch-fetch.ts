import type { Call, Tracer } from './tracer.ts'

/** Watches `fetch`: each call of it is a request of its own. @returns undo */
export function watchFetch(tracer: Tracer): () => void {
  const before = globalThis.fetch
  const ask = (self: unknown, args: Arguments): Answer => {
    const call = begin(tracer, args)
    const start = performance.now()
    const answer = before.apply(self as typeof globalThis, withHeaders(args, call?.traceparent))
    // Who took the place of `fetch` before may give anything.
    if (!call || typeof (answer as Answer | undefined)?.then !== 'function') return answer
    // The answer itself: who forgets to catch its failure is told so as before.
    return answer.then(
      (response) => {
        call.answered((response as Response | undefined)?.status ?? 0)
        return response
      },
      (error: unknown) => {
        const other = call.failed((error as Error | undefined)?.name)
        if (other && methodOf(args) === SAFE && performance.now() - start < SOON) return ask(self, args)
        throw error
      },
    )
  }
  const watched: typeof fetch = function (this: unknown, ...args) {
    return ask(this, args)
  }
  globalThis.fetch = watched
  return () => {
    if (globalThis.fetch === watched) globalThis.fetch = before
  }
}

type Arguments = Parameters<typeof fetch>
type Answer = ReturnType<typeof fetch>

/** What may be asked twice (RFC 9110 §9.2.2), and the only one that is followed to another site's file. */
const SAFE = 'GET'
/** One that took longer, ms, failed for another reason than its headers. */
const SOON = 5_000

/** A request of a frame's, or of somebody else's making, is one, too. */
function isRequest(input: Arguments[0]): input is Request {
  return typeof input === 'object' && 'headers' in input
}

function methodOf([input, init]: Arguments): string {
  return init?.method ?? (isRequest(input) ? input.method : SAFE)
}

function begin(tracer: Tracer, args: Arguments): Call | undefined {
  try {
    return tracer.begin(methodOf(args), isRequest(args[0]) ? args[0].url : args[0])
  } catch {
    return undefined
  }
}

function withHeaders(args: Arguments, traceparent: string | undefined): Arguments {
  const [input, init] = args
  if (!traceparent) return args
  try {
    const headers = new Headers(init?.headers ?? (isRequest(input) ? input.headers : undefined))
    if (!headers.has('traceparent')) headers.set('traceparent', traceparent)
    const members: Record<string, unknown> = {}
    // Options may have theirs from a prototype: `fetch(url, request)` takes all of a Request.
    for (const name in init) members[name] = init[name as keyof RequestInit]
    const { referrer, referrerPolicy } = input as Request
    // Any option beside a Request takes these away from it: https://fetch.spec.whatwg.org/#dom-request, step 13.
    const kept = isRequest(input) && Object.values(members).every((value) => value === undefined) && { referrer, referrerPolicy }
    return [input, { ...members, ...kept, headers }]
  } catch {
    // Headers that are none: `fetch` rejects them, it does not throw.
    return args
  }
}
