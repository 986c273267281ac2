import type { IncomingMessage } from 'node:http'

/** A request's body: whole, longer than allowed, or never to come. */
export type Body = Buffer | 'too large' | 'aborted'

/**
 * Reads a request's body up to `limit` bytes. What says beforehand that it is longer is not read at all; of what turns out
 * to be, no more is kept.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve('too large')
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      resolve('too large')
    })
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
    request.once('close', () => resolve('aborted'))
    request.once('error', () => resolve('aborted'))
  })
}
