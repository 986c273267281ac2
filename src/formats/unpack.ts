import { createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Duplex } from 'node:stream'
import { Unusable } from './refusal.ts'
import { ZstdFrames } from './zstd-frames.ts'

/** What is read unpacked, or as one document, may have so many bytes: 1 GiB. */
export const LIMIT: number = 2 ** 30

/** How a file is packed, told from its first four bytes. */
export type Packing = 'gzip' | 'zstd'

/** @returns undefined for what is not packed @throws Unusable for a packing that is not read, with what to do */
export function packingOf(head: Uint8Array): Packing | undefined {
  const [a, b, c, d] = head
  if (a === 0x1f && b === 0x8b) return 'gzip'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd'
  const other = OTHERS.find(({ magic }) => magic.every((byte, place) => head[place] === byte))
  if (other !== undefined) throw new Unusable(`${other.name} is not read, only gzip and zstd: unpack it first`)
  return undefined
}

const OTHERS: readonly { readonly name: string; readonly magic: readonly number[] }[] = [
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58] },
  { name: 'lz4', magic: [0x04, 0x22, 0x4d, 0x18] },
  { name: 'a zip archive', magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'Parquet', magic: [0x50, 0x41, 0x52, 0x31] },
]

/** The bytes as they were before they were packed, if they were. @throws Unusable */
export function unpacked(bytes: Uint8Array): Uint8Array {
  const packing = packingOf(bytes)
  if (packing === undefined) return bytes
  try {
    return packing === 'gzip' ? gunzipSync(bytes, { maxOutputLength: LIMIT }) : unpackedFrames(bytes)
  } catch (error) {
    throw new Unusable(unpackingFailed(packing, error))
  }
}

function unpackedFrames(bytes: Uint8Array): Uint8Array {
  let left = LIMIT
  const parts = new ZstdFrames().cut(bytes).map((frame) => {
    const part = zstdDecompressSync(frame, { maxOutputLength: left })
    left = Math.max(1, left - part.length)
    return part
  })
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

/** What is to be unpacked, in chunks that an unpacker can take. */
export async function* chunksFor(packing: Packing, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames()
  for await (const chunk of chunks) yield* packing === 'zstd' ? frames.cut(chunk) : [chunk]
}

/** A stream that unpacks. */
export function unpacker(packing: Packing): Duplex {
  return packing === 'gzip' ? createGunzip() : createZstdDecompress()
}

/** Why something could not be unpacked, in words. */
export function unpackingFailed(packing: Packing, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_BUFFER_TOO_LARGE') return `${packing}: it unpacks to more than 1 GiB`
  const cut = code === 'Z_BUF_ERROR' || /unexpected end/i.test(message)
  return cut ? `${packing}: the file is cut off` : `${packing}: ${message}`
}
