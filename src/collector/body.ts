import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip, inflate, zstdDecompress } from 'node:zlib'
import { Refusal } from './refusal.ts'

/** Bytes that a body may have as sent and when decompressed. */
export interface BodyLimits {
  readonly body: number
  /** Of all bodies that are being read, or wait to be decompressed, at once. */
  readonly bodies: number
}

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>
const DECOMPRESS: Readonly<Record<string, Decompress>> = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
  zstd: promisify<Buffer, { maxOutputLength: number }, Buffer>(zstdDecompress),
}

/** A body as it came and as it is meant. */
export interface ReadBody {
  readonly received: Buffer
  readonly content: Buffer
}

/** Reads bodies within limits, before and after decompression, and few at a time. */
export class BodyReader {
  private readonly limits: BodyLimits
  private reading = 0
  private decompressing: Promise<unknown> = Promise.resolve()

  constructor(limits: BodyLimits) {
    this.limits = limits
  }

  /** @throws Refusal 413, 415, 400, or 503 if too many are being read at once */
  async read(request: IncomingMessage): Promise<ReadBody> {
    const encoding = request.headers['content-encoding']
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > this.limits.body) throw this.tooLarge('')
    if (this.reading + announced > this.limits.bodies) throw new Refusal(503, 'too many bodies at once', 1)
    checkEncoding(encoding)
    return this.receive(request, async (received) => ({ received, content: await this.decompress(received, encoding) }))
  }

  private tooLarge(when: string): Refusal {
    return new Refusal(413, `a body may have ${this.limits.body} bytes${when}; send smaller batches`)
  }

  private tooMuch(size: number): Refusal | undefined {
    if (size > this.limits.body) return this.tooLarge('')
    return this.reading > this.limits.bodies ? new Refusal(503, 'too many bodies at once', 1) : undefined
  }

  /**
   * Not by `for await`: leaving that early closes the connection, and the sender would not learn why.
   * @param open what is made of the whole; until then it counts as being read
   */
  receive<Made>(request: Readable, open: (received: Buffer) => Promise<Made>): Promise<Made> {
    const chunks: Buffer[] = []
    let size = 0
    const read = new Promise<Buffer>((resolve, reject) => {
      request.on('data', (chunk: Buffer) => {
        size += chunk.length
        this.reading += chunk.length
        chunks.push(chunk)
        const refusal = this.tooMuch(size)
        if (refusal === undefined) return
        request.removeAllListeners('data').pause()
        reject(refusal)
      })
      request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
      request.once('error', reject)
      request.once('close', () => reject(new Refusal(400, 'the body ended early')))
    })
    return read.then(open).finally(() => (this.reading -= size))
  }

  /** One at a time: sixty-four bombs at once are no larger than one. @throws Refusal 413, 415, 400 */
  decompress(received: Buffer, encoding: string | undefined): Promise<Buffer> {
    const open = checkEncoding(encoding)
    if (open === undefined) return Promise.resolve(received)
    const run = async (): Promise<Buffer> => {
      try {
        return await open(received, { maxOutputLength: this.limits.body })
      } catch (error) {
        if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw this.tooLarge(' when decompressed')
        throw new Refusal(400, `it is no ${encoding}: ${(error as Error).message}`)
      }
    }
    const done = this.decompressing.then(run, run)
    this.decompressing = done.catch(() => {})
    return done
  }
}

/** @returns what undoes a compression; undefined for none @throws Refusal 415 */
function checkEncoding(given: string | undefined): Decompress | undefined {
  const encoding = given?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return undefined
  const open = Object.hasOwn(DECOMPRESS, encoding) ? DECOMPRESS[encoding] : undefined
  if (open === undefined)
    throw new Refusal(415, `the compression ${encoding.slice(0, 40)} is not known here; gzip, deflate and zstd are`)
  return open
}
