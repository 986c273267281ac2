import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** An address that stays, of a receiver that is killed and comes back: the port that it had may be somebody else's by then. */
export interface Relay {
  readonly url: string
  /** From now on what comes goes to this address; nowhere, if it is undefined. */
  to(target: string | undefined): void
}

/** Opens one until the test is over. */
export async function relay(): Promise<Relay> {
  let target: string | undefined
  const server = createServer((request, response) => {
    const away = (): void => void response.destroy()
    const pass = (body: Buffer): void => {
      if (target === undefined) return away()
      const { method, headers, url = '/' } = request
      const onward = httpRequest(new URL(url, target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.on('error', away).pipe(response)
      })
      onward.on('error', away).end(body)
    }
    buffer(request).then(pass, away)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    to: (given) => void (target = given),
  }
}
