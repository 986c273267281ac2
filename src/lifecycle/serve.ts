import type { IncomingMessage, ServerResponse } from 'node:http'
import { gatewayOf } from '../model/gateway.ts'
import type { App } from './app.ts'
import { SystemExit } from './errors.ts'
import { andThen, isPromise, type Maybe } from './maybe.ts'
import type { HttpRequest } from './request.ts'
import type { Chunk, HttpResponse } from './response.ts'
import { StreamingHttpResponse, type Pieces } from './streaming.ts'

type Next = ((error?: unknown) => void) | undefined

/** Serves one request of Node's, or of Express: calls the handler, sends what it gives, closes. Never throws, never rejects. */
export function serve(app: App, incoming: IncomingMessage, outgoing: ServerResponse, next: Next): void {
  const { baseUrl } = incoming as { baseUrl?: string }
  const request = app.request(incoming, baseUrl)
  try {
    const served = andThen(app.handle(request), (response) => answer(request, response, outgoing))
    if (isPromise(served)) served.then(undefined, (error: unknown) => reachedServer(error, request, outgoing, next))
  } catch (error) {
    reachedServer(error, request, outgoing, next)
  }
}

/** Sends the response and closes it, also where sending failed. */
function answer(request: HttpRequest, response: HttpResponse, outgoing: ServerResponse): Maybe<void> {
  if (response.statusCode >= 500 && request.error !== undefined) gatewayOf(request.incoming)?.fail(request.error)
  if (response instanceof StreamingHttpResponse) return sendPieces(request, response, outgoing)
  try {
    send(response, outgoing)
  } catch (error) {
    return andThen(request.app.finish(request, response), () => {
      throw error
    })
  }
  return request.app.finish(request, response)
}

function send(response: HttpResponse, outgoing: ServerResponse): void {
  const { content } = response
  // Whatever hooks said before the last one changed the body: a wrong length would cut or mix up answers.
  response.headers.set('Content-Length', typeof content === 'string' ? Buffer.byteLength(content) : content.length)
  writeHead(response, outgoing)
  outgoing.end(content)
}

function writeHead(response: HttpResponse, outgoing: ServerResponse): void {
  const { statusCode, reason, headers, cookies } = response
  const flat: string[] = []
  for (const [name, value] of headers) flat.push(name, value)
  for (const cookie of cookies) flat.push('Set-Cookie', cookie)
  if (reason === undefined) outgoing.writeHead(statusCode, flat)
  else outgoing.writeHead(statusCode, reason, flat)
}

/** Pulls piece after piece as fast as the client takes them; stops when it goes away. */
async function sendPieces(request: HttpRequest, response: StreamingHttpResponse, outgoing: ServerResponse): Promise<void> {
  try {
    writeHead(response, outgoing)
    if (request.method === 'HEAD') outgoing.end()
    else await pump(response.streamingContent, outgoing)
  } finally {
    await request.app.finish(request, response)
  }
}

async function pump(pieces: Pieces, outgoing: ServerResponse): Promise<void> {
  for await (const piece of pieces as AsyncIterable<Chunk>) {
    if (outgoing.destroyed) return
    if (!outgoing.write(piece)) await writable(outgoing)
  }
  outgoing.end()
}

/** Resolves when more can be written, or the client is gone. */
function writable(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
  })
}

/** An exception that no layer made a response of. The client gets a bare 500, or a cut connection if the head is out. */
function reachedServer(error: unknown, request: HttpRequest, outgoing: ServerResponse, next: Next): void {
  gatewayOf(request.incoming)?.fail(error)
  if (error instanceof SystemExit) return exit(error, request, outgoing)
  if (outgoing.headersSent) {
    report(error, request)
    if (!outgoing.writableEnded) outgoing.destroy()
  } else if (next !== undefined) next(error)
  else {
    report(error, request)
    outgoing.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end('Internal Server Error\n')
  }
}

function report(error: unknown, request: HttpRequest): void {
  const message = `The server got an exception: ${request.method} ${request.path}`
  try {
    request.app.settings.log({ logger: 'request', level: 'error', message, status: 500, request, error })
  } catch (failure) {
    console.error(message, error, failure)
  }
}

/** Stops accepting, lets what is in flight finish, and leaves the exit code; the process ends when nothing else holds it. */
function exit({ exitCode }: SystemExit, request: HttpRequest, outgoing: ServerResponse): void {
  process.exitCode = exitCode
  if (!outgoing.headersSent) outgoing.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
  outgoing.end('Stopping\n')
  void request.app.close()
}
