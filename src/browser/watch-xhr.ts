import type { Call, Tracer } from './tracer.ts'

/** Watches XMLHttpRequest, which older libraries use. @returns undo */
export function watchXhr(tracer: Tracer): () => void {
  const { prototype } = XMLHttpRequest
  // oxlint-disable-next-line typescript/unbound-method -- called with the request it is asked of
  const { open, send } = prototype
  const opened = new WeakMap<XMLHttpRequest, readonly [method: string, url: string | URL]>()
  prototype.open = function (this: XMLHttpRequest, ...args: OpenArguments): void {
    opened.set(this, [args[0], args[1]])
    Reflect.apply(open, this, args)
  }
  prototype.send = function (this: XMLHttpRequest, ...args: Parameters<typeof send>): void {
    const request = opened.get(this)
    if (request !== undefined) follow(this, begin(tracer, ...request))
    Reflect.apply(send, this, args)
  }
  return () => Object.assign(prototype, { open, send })
}

type OpenArguments = [method: string, url: string | URL, async?: boolean, user?: string | null, password?: string | null]

function begin(tracer: Tracer, method: string, url: string | URL): Call | undefined {
  try {
    return tracer.begin(method, url)
  } catch {
    return undefined
  }
}

function follow(xhr: XMLHttpRequest, call: Call | undefined): void {
  if (call === undefined) return
  try {
    if (call.traceparent !== undefined) xhr.setRequestHeader('traceparent', call.traceparent)
  } catch {
    // It is not open: `send` will say so.
    return
  }
  // An object may be sent again and again: nothing of this request is to hear of the next.
  const over = new AbortController()
  const when = (event: string, then: () => void): void => {
    xhr.addEventListener(event, () => (over.abort(), then()), { signal: over.signal })
  }
  for (const failure of ['error', 'abort', 'timeout']) when(failure, () => call.failed(failure))
  when('load', () => call.answered(xhr.status))
}
