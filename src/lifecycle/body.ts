import { RequestAborted, RequestDataTooBig } from './errors.ts'
import type { Incoming } from './request.ts'

/**
 * The whole body. Throws `RequestDataTooBig` before a byte is read if the length says so, else when it is reached;
 * `RequestAborted` when the client goes away.
 * @param limit in bytes
 */
export async function readBody(incoming: Incoming, headers: Incoming['headers'], limit: number): Promise<Buffer> {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooBig(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of pieces(incoming)) {
    size += chunk.length
    if (size > limit) throw tooBig(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooBig = (limit: number): RequestDataTooBig =>
  new RequestDataTooBig(`The body has more than ${limit} bytes (dataUploadMaxMemorySize)`)

async function* pieces(incoming: Incoming): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming.iterator?.({ destroyOnReturn: false }) ?? incoming
  } catch (cause) {
    throw new RequestAborted('The client went away before its body had come', { cause })
  }
}
