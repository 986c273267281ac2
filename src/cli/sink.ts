import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { unwatched } from '../model/unwatched.ts'

/** A place in this process where the agent's spans go, so that they are at hand when no collector runs. */
export interface Sink {
  /** An OTLP/HTTP endpoint. */
  readonly url: string
  /** The requests that came in, protobuf. */
  readonly bodies: readonly Buffer[]
  close(): Promise<void>
}

/** Opens one on a free port of this machine. */
export async function openSink(): Promise<Sink> {
  const bodies: Buffer[] = []
  const take = async (request: IncomingMessage): Promise<void> => void bodies.push(await buffer(request))
  const server = unwatched(
    createServer((request, response) => {
      const answer = (status: number): void => void response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end()
      take(request).then(
        () => answer(200),
        () => answer(400),
      )
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
}
