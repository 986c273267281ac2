import { stringifySetCookie, type SetCookie } from 'cookie'
import { DisallowedRedirect, NotAResponse } from './errors.ts'
import { ResponseHeaders } from './headers.ts'
import type { Maybe } from './maybe.ts'
import { quoteUrl } from './urls/encode.ts'

/** What every response may be given beside its content. */
export interface ResponseOptions {
  /** 200 by default. */
  readonly status?: number | undefined
  /** The reason phrase; the usual one by default. */
  readonly reason?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `text/html; charset=utf-8` by default. */
  readonly contentType?: string | undefined
}

const NONE: readonly string[] = []

/** A piece of a body. */
export type Chunk = string | Uint8Array

/** A response. `content`, `statusCode`, `headers` and cookies may be changed until it is sent. */
export class HttpResponse {
  statusCode: number
  reason: string | undefined
  readonly headers: ResponseHeaders = new ResponseHeaders()
  /** Whether the body is made while it is being sent; then it has no `content`. */
  readonly streaming: boolean = false
  /** Whether somebody has logged it; a response is logged once only. */
  logged = false
  #content: Chunk
  #cookies: Map<string, SetCookie> | undefined
  #raw: readonly string[] = NONE
  #closers: (() => unknown)[] | undefined

  constructor(content: Chunk = '', { status = 200, reason, headers, contentType }: ResponseOptions = {}) {
    this.statusCode = status
    this.reason = reason
    this.#content = content
    if (headers !== undefined) this.#setAll(headers, contentType)
    if (contentType !== undefined || !this.headers.has('content-type'))
      this.headers.set('Content-Type', contentType ?? 'text/html; charset=utf-8')
  }

  #setAll(headers: Readonly<Record<string, string>>, contentType: string | undefined): void {
    for (const name in headers) this.headers.set(name, headers[name] as string)
    if (contentType !== undefined && this.headers.has('content-type'))
      throw new TypeError('The type of a response is given twice: as contentType and among the headers')
  }

  /** The body: text, or bytes. */
  get content(): Chunk {
    return this.#content
  }

  set content(content: Chunk) {
    this.#content = content
  }

  /** The body as text. */
  get text(): string {
    const { content } = this
    return typeof content === 'string' ? content : Buffer.from(content).toString()
  }

  /** Adds to the body. */
  write(chunk: Chunk): void {
    const { content } = this
    if (typeof content === 'string' && typeof chunk === 'string') this.content = content + chunk
    else this.content = Buffer.concat([Buffer.from(content as string), Buffer.from(chunk as string)])
  }

  /** Adds a `Set-Cookie`. @param options `maxAge` in seconds; the path is `/` by default */
  setCookie(name: string, value: string, options: Omit<SetCookie, 'name' | 'value'> = {}): void {
    this.#cookies ??= new Map()
    this.#cookies.set(name, { path: '/', ...options, name, value })
  }

  /** Adds values of `Set-Cookie` as they are. */
  addRawCookies(values: readonly string[]): void {
    this.#raw = [...this.#raw, ...values]
  }

  /** Tells the client to forget a cookie. */
  deleteCookie(name: string, options: { path?: string; domain?: string } = {}): void {
    this.setCookie(name, '', { ...options, maxAge: 0, expires: new Date(0) })
  }

  /** The values of the `Set-Cookie` headers, in the order of setting. */
  get cookies(): readonly string[] {
    if (this.#cookies === undefined) return this.#raw
    return [...this.#raw, ...[...this.#cookies.values()].map((cookie) => stringifySetCookie(cookie))]
  }

  /** To be called when the response has been sent, or the client is gone: releases what it holds. Its errors are ignored. */
  addCloser(closer: () => unknown): void {
    ;(this.#closers ??= []).push(closer)
  }

  /** Releases what the response holds. The server calls it, once; errors of closers are ignored. */
  close(): Maybe<void> {
    const closers = this.#closers
    this.#closers = undefined
    if (closers !== undefined) return closeAll(closers)
  }
}

function closeAll(closers: readonly (() => unknown)[]): Maybe<void> {
  const pending: Promise<unknown>[] = []
  for (const closer of closers) {
    try {
      const result = closer()
      if (result instanceof Promise) pending.push(result)
    } catch {
      // The answer is out: nobody could do anything about it.
    }
  }
  if (pending.length > 0) return settled(pending)
}

async function settled(pending: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(pending)
}

/** The value if it is a response. Throws `NotAResponse`, which says who gave what instead. */
export function asResponse(value: unknown, giver: string): HttpResponse {
  if (value instanceof HttpResponse) return value
  const what = value === undefined || value === null ? 'nothing' : `a ${typeof value}`
  throw new NotAResponse(`${giver} gave ${what} instead of a response: does every path through it return one?`)
}

/** JSON, without blanks. Throws what `JSON.stringify` throws. */
export class JsonResponse extends HttpResponse {
  constructor(data: unknown, options: ResponseOptions = {}) {
    super(JSON.stringify(data) ?? 'null', { contentType: 'application/json', ...options })
  }
}

/** 405, with the methods that are allowed. */
export class HttpResponseNotAllowed extends HttpResponse {
  constructor(allowed: readonly string[], options: ResponseOptions = {}) {
    super('', { status: 405, ...options })
    this.headers.set('Allow', allowed.join(', '))
  }
}

/** Which of the four redirects it is; 302 by default. */
export interface RedirectOptions extends ResponseOptions {
  /** The client may remember it: 301, or 308. */
  readonly permanent?: boolean | undefined
  /** The client has to repeat the method and the body: 307, or 308. */
  readonly preserveRequest?: boolean | undefined
}

/** A redirect. Throws `DisallowedRedirect` for a scheme other than http, https, ftp. */
export class HttpResponseRedirect extends HttpResponse {
  constructor(url: string, { permanent = false, preserveRequest = false, ...options }: RedirectOptions = {}) {
    super('', { status: preserveRequest ? (permanent ? 308 : 307) : permanent ? 301 : 302, ...options })
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url.trim())?.[1]?.toLowerCase()
    if (scheme !== undefined && !['http', 'https', 'ftp'].includes(scheme))
      throw new DisallowedRedirect(`Redirect to a URL with the scheme "${scheme}"`)
    this.headers.set('Location', quoteUrl(url))
  }

  get url(): string {
    return this.headers.get('Location') as string
  }
}
