import type { RequestHandler } from 'express'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setGateway } from '../../src/model/gateway.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import { recorder, type Recorder } from '../recorder.ts'

const GATEWAY = label('gateway', 'GET')

export interface Served {
  readonly record: Recorder
  readonly url: string
  readonly server: Server
  /** Makes one request and waits until its trace has ended, too. */
  get(path: string, init?: RequestInit): Promise<{ status: number; text: string; headers: Headers }>
  close(): Promise<void>
}

/** Serves an app on a real socket, with a `gateway` phase around each request, and records it all. */
export async function serve(app: unknown): Promise<Served> {
  const record = recorder()
  const server = createServer((req, res) => {
    const gateway = observer.open(GATEWAY)
    setGateway(req, gateway)
    res.on('close', () => gateway.end())
    observer.run(gateway, app as RequestListener, undefined, req, res)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    record,
    url,
    server,
    async get(path, init) {
      record.clear()
      const response = await fetch(url + path, { redirect: 'manual', ...init })
      const text = await response.text()
      await record.ended()
      return { status: response.status, text, headers: response.headers }
    },
    async close() {
      record.restore()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Keeps the thread busy for so many ms. */
export function burn(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** A middleware that has its say in a method of the response, before and after the one that was there. */
export function wrapping(
  name: string,
  method: 'end' | 'write' | 'writeHead',
  before: () => unknown,
  after: () => unknown = () => {},
): RequestHandler {
  const middleware: RequestHandler = (_req, res, next) => {
    const inner = Reflect.get(res, method) as (...args: unknown[]) => unknown
    const outer = (...args: unknown[]): unknown => {
      before()
      const result = inner.apply(res, args)
      after()
      return result
    }
    Reflect.set(res, method, outer)
    next()
  }
  return Object.defineProperty(middleware, 'name', { value: name })
}
