import { quietly } from './quietly.ts'
import type { Call, Tracer } from './tracer.ts'

/** What an XMLHttpRequest was opened for. */
interface Opened {
  method: string
  url: string | URL
  /** Its script says itself which trace it belongs to. */
  traced: boolean
  /** While it is under way. */
  call: Call | undefined
}

const NAMES = ['open', 'setRequestHeader', 'send'] as const
type Methods = Pick<XMLHttpRequest, (typeof NAMES)[number]>

/** Watches XMLHttpRequest, which older libraries use. @returns undo */
export function watchXhr(tracer: Tracer): () => void {
  const { prototype } = XMLHttpRequest
  // oxlint-disable-next-line typescript/unbound-method -- called with the request they are asked of
  const before: Methods = { open: prototype.open, setRequestHeader: prototype.setRequestHeader, send: prototype.send }
  const watched = methods(tracer, before)
  Object.assign(prototype, watched)
  return () => {
    for (const name of NAMES) if (prototype[name] === watched[name]) prototype[name] = before[name] as never
  }
}

function methods(tracer: Tracer, before: Methods): Methods {
  const all = new WeakMap<XMLHttpRequest, Opened>()
  return {
    open(this: XMLHttpRequest, ...args: OpenArguments): void {
      const last = all.get(this)
      const status = this.readyState === DONE ? this.status : 0
      Reflect.apply(before.open, this, args)
      // It was under way, and is given up without a word; or it is over, and a listener that heard of it first opens it again.
      const call = ended(last)
      if (status > 0) call?.answered(status)
      else call?.failed('abort')
      all.set(this, Object.assign(last ?? followed(this), { method: args[0], url: args[1], traced: false }))
    },
    setRequestHeader(this: XMLHttpRequest, ...args: [name: string, value: string]): void {
      Reflect.apply(before.setRequestHeader, this, args)
      const opened = all.get(this)
      if (opened && /^traceparent$/i.test(args[0])) opened.traced = true
    },
    send(this: XMLHttpRequest, ...args: Parameters<Methods['send']>): void {
      const opened = all.get(this)
      if (opened && !opened.call && this.readyState === OPENED) {
        const call = tracer.begin(opened.method, opened.url)
        opened.call = call
        const { traceparent } = call ?? {}
        if (traceparent && !opened.traced) quietly(() => before.setRequestHeader.call(this, 'traceparent', traceparent))
      }
      try {
        Reflect.apply(before.send, this, args)
      } catch (error) {
        // So a synchronous one says that it failed.
        ended(opened)?.failed((error as Error | undefined)?.name)
        throw error
      }
    },
  }
}

const [OPENED, DONE] = [1, 4]
type OpenArguments = [method: string, url: string | URL, async?: boolean, user?: string | null, password?: string | null]

/** An object may be sent again and again: it is listened to once. */
function followed(xhr: XMLHttpRequest): Opened {
  const opened: Opened = { method: '', url: '', traced: false, call: undefined }
  const when = (event: string): void => {
    xhr.addEventListener(event, () => {
      // A listener of the page may have sent it again.
      const call = xhr.readyState === DONE ? ended(opened) : undefined
      if (event === 'load') call?.answered(xhr.status)
      else call?.failed(event)
    })
  }
  quietly(() => ['load', 'error', 'abort', 'timeout'].forEach(when))
  return opened
}

function ended(opened: Opened | undefined): Call | undefined {
  const call = opened?.call
  if (opened) opened.call = undefined
  return call
}
