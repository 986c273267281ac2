import type { Call, Tracer } from './tracer.ts'

/** Watches `fetch`: each call of it is a request of its own. @returns undo */
export function watchFetch(tracer: Tracer): () => void {
  const before = globalThis.fetch
  const watched: typeof fetch = function (this: unknown, ...args) {
    const call = begin(tracer, args)
    const answer = before.apply(this as typeof globalThis, call === undefined ? args : withHeaders(args, call))
    return call === undefined ? answer : followed(answer, call)
  }
  globalThis.fetch = watched
  return () => {
    if (globalThis.fetch === watched) globalThis.fetch = before
  }
}

type Arguments = Parameters<typeof fetch>

function begin(tracer: Tracer, [input, init]: Arguments): Call | undefined {
  try {
    if (!(input instanceof Request)) return tracer.begin(init?.method ?? 'GET', input)
    return tracer.begin(init?.method ?? input.method, input.url)
  } catch {
    // What is wrong with it, the page's own call will say.
    return undefined
  }
}

/** The answer itself: who forgets to catch its failure is told so as before. */
function followed(answer: Promise<Response>, call: Call): Promise<Response> {
  const answered = (response: Response): Response => {
    call.answered(response.status)
    return response
  }
  const failed = (error: unknown): never => {
    call.failed((error as Error | undefined)?.name)
    throw error
  }
  return answer.then(answered, failed)
}

function withHeaders([input, init]: Arguments, { traceparent }: Call): Arguments {
  if (traceparent === undefined) return [input, init]
  try {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    if (!headers.has('traceparent')) headers.set('traceparent', traceparent)
    return [input, { ...init, headers }]
  } catch {
    // Headers that are none: `fetch` rejects them, it does not throw.
    return [input, init]
  }
}
