import { once } from 'node:events'
import { request, type RequestOptions } from 'node:http'
import type { Late } from './place.ts'

/** `get` and what is like it. */
export type Caller = (options: RequestOptions, answered: (response: NodeJS.ReadableStream) => void) => NodeJS.EventEmitter

/** Calls, and reads the answer to its end. */
export async function ask(call: Caller, options: RequestOptions): Promise<void> {
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    call({ host: '127.0.0.1', ...options }, resolve).once('error', reject)
  })
  response.resume()
  await once(response, 'end')
}

/** Sends the second half of its body late. */
export function twoParts(late: Late): Caller {
  return (options, answered) => {
    const made = request({ ...options, method: 'POST' }, answered)
    made.once('socket', (socket) => socket.once('connect', () => late.wait(() => made.end('two'))))
    made.write('one')
    return made
  }
}
