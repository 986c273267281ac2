import { afterEach, describe, expect, test, vi } from 'vitest'

/** What is there of a page, as far as this needs it: its files are of a browser's types, this one of Node's. */
interface Tracer {
  begin(method: string, address: string): { readonly traceparent: string | undefined } | undefined
  leave(): void
  close(): void
}
interface Calls {
  begin(begun: { url: string }): (outcome: object) => void
}
declare const XMLHttpRequest: typeof Bare

const browser = new URL('../../src/browser/', import.meta.url)
const of = async <T>(file: string): Promise<T> => (await import(new URL(file, browser).pathname)) as T
const { tracerOf } = await of<{ tracerOf(tracing: object, calls: Calls): Tracer }>('tracer.ts')
const { watchFetch } = await of<{ watchFetch(tracer: Tracer): () => void }>('watch-fetch.ts')
const { watchXhr } = await of<{ watchXhr(tracer: Tracer): () => void }>('watch-xhr.ts')

const call = { traceparent: undefined, answered: () => {}, failed: () => false }
const tracer: Tracer = { begin: () => call, leave: () => {}, close: () => {} }

/** As some libraries make one: without listeners. */
class Bare {
  readyState = 0
  open(): void {
    this.readyState = 1
  }
  setRequestHeader(): void {}
  send(): string {
    return 'sent'
  }
}

describe('who stops watching', () => {
  afterEach(() => void vi.unstubAllGlobals())

  test('leaves what others have put in the place of its own', () => {
    vi.stubGlobal('XMLHttpRequest', class extends Bare {})
    const { prototype } = XMLHttpRequest
    vi.stubGlobal('fetch', () => Promise.resolve(new Response()))
    const undo = [watchFetch(tracer), watchXhr(tracer)]
    const [fetchOfOurs, ours] = [globalThis.fetch, prototype.open]
    const others = { fetch: (...args: Parameters<typeof fetch>) => fetchOfOurs(...args), open: () => {} }
    globalThis.fetch = others.fetch
    prototype.open = others.open
    for (const back of undo) back()
    expect([globalThis.fetch, prototype.open]).toEqual([others.fetch, others.open])
    expect(ours).not.toBe(others.open)
    expect(Object.hasOwn(prototype, 'send') && prototype.send).toBe(Bare.prototype.send)
  })

  test('tells nobody of what still comes through', () => {
    vi.stubGlobal('document', { baseURI: 'https://shop.example/' })
    vi.stubGlobal('origin', 'https://shop.example')
    const begun: string[] = []
    const calls: Calls = { begin: ({ url }) => (begun.push(url), () => {}) }
    const watching = tracerOf({ sampled: true, propagateTo: [] }, calls)
    expect(watching.begin('GET', '/a')?.traceparent).toMatch(/^00-/)
    watching.close()
    expect(watching.begin('GET', '/b')).toBeUndefined()
    expect(begun).toEqual(['https://shop.example/a'])
  })
})

describe('whatever this fails at', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  test('an XMLHttpRequest that has no listeners is sent', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubGlobal('XMLHttpRequest', class extends Bare {})
    const undo = watchXhr(tracer)
    const xhr = new XMLHttpRequest()
    xhr.open()
    expect(() => xhr.send()).not.toThrow()
    expect(warned).toHaveBeenCalledOnce()
    undo()
  })

  test('an answer arrives', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubGlobal('document', { baseURI: 'https://shop.example/' })
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('answer')))
    const calls = {
      begin: () => () => {
        throw new Error('ours')
      },
    }
    const undo = watchFetch(tracerOf({ sampled: true, propagateTo: [] }, calls))
    expect(await (await fetch('/a')).text()).toBe('answer')
    expect(warned).toHaveBeenCalledOnce()
    undo()
  })
})
