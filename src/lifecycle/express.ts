import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Around } from './middleware.ts'
import type { HttpRequest } from './request.ts'
import { HttpResponse, type Chunk } from './response.ts'

/** A middleware of Express, or of anything with its signature. */
export type ExpressMiddleware = (incoming: never, outgoing: never, next: (error?: unknown) => void) => unknown

/**
 * Any Express middleware as a lifecycle middleware: `fromExpress(helmet())`. It is given Node's request and a response of its
 * own; what it does to that one before `next()`, and what it hung into its `writeHead`, `write` and `end`, happens to ours. Its
 * time is on its own span, on both sides.
 * Streams pass by its `writeHead` only: it cannot change their pieces.
 * @param name on spans; the function's own by default
 */
export function fromExpress(middleware: ExpressMiddleware, name: string = middleware.name): (getResponse: Around) => Around {
  return (getResponse) => {
    const layer = async (request: HttpRequest): Promise<HttpResponse> => {
      const shadow = new Shadow(request.incoming as IncomingMessage)
      const passedOn = await called(middleware, request, shadow)
      if (!passedOn) return shadow.response()
      const response = await getResponse(request)
      return response.streaming ? shadow.head(response) : shadow.whole(response)
    }
    return Object.defineProperty(layer, 'name', { value: name || 'express' })
  }
}

/** Calls it. @returns whether it called `next()`; false if it answered itself */
function called(middleware: ExpressMiddleware, request: HttpRequest, shadow: Shadow): Promise<boolean> {
  return new Promise((resolve, reject) => {
    shadow.answered = () => resolve(false)
    const next = (error?: unknown): void => (error === undefined || error === null ? resolve(true) : reject(error))
    const call = middleware as (incoming: unknown, outgoing: unknown, next: (error?: unknown) => void) => unknown
    const given = call(request.incoming, shadow, next)
    if (given instanceof Promise) given.catch(reject)
  })
}

/** The response that the middleware sees: nothing of it goes to the client, all that is written is kept. */
class Shadow extends ServerResponse {
  #pieces: Buffer[] = []
  answered: () => void = () => {}

  override writeHead(status: number, ...rest: unknown[]): this {
    this.statusCode = status
    const headers = rest.find((one) => typeof one === 'object') as Record<string, string> | undefined
    for (const [name, value] of Object.entries(headers ?? {})) this.setHeader(name, value)
    return this
  }

  override write(chunk: Chunk): boolean {
    this.#pieces.push(Buffer.from(chunk as string))
    return true
  }

  override end(chunk?: unknown): this {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) this.write(chunk)
    this.emit('finish')
    this.answered()
    return this
  }

  /** What it answered. */
  response(): HttpResponse {
    return this.#into(new HttpResponse(Buffer.concat(this.#pieces), { status: this.statusCode }))
  }

  /** Only the head passes by. */
  head(response: HttpResponse): HttpResponse {
    this.#take(response)
    this.writeHead(response.statusCode)
    return this.#into(response)
  }

  /** Head and body pass by. */
  async whole(response: HttpResponse): Promise<HttpResponse> {
    this.#take(response)
    const ended = new Promise<void>((resolve) => (this.answered = resolve))
    this.writeHead(response.statusCode)
    const before = response.content
    this.end(before)
    await ended
    const body = Buffer.concat(this.#pieces)
    if (!body.equals(Buffer.from(before as string))) response.content = body
    return this.#into(response)
  }

  #take(response: HttpResponse): void {
    this.statusCode = response.statusCode
    for (const [name, value] of response.headers) this.setHeader(name, value)
  }

  /** Headers that it removed are removed, those that it set are set; its cookies are added. */
  #into(response: HttpResponse): HttpResponse {
    const names = new Map([...response.headers].map(([name]) => [name.toLowerCase(), name]))
    response.statusCode = this.statusCode
    for (const [lower, name] of names) if (!this.hasHeader(lower)) response.headers.delete(name)
    for (const lower of this.getHeaderNames()) {
      const value = this.getHeader(lower) as number | string | string[]
      if (lower === 'set-cookie') response.addRawCookies([value].flat().map(String))
      else response.headers.set(names.get(lower) ?? lower, Array.isArray(value) ? value.join(', ') : value)
    }
    return response
  }
}
