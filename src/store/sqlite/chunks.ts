import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { constants, zstdCompressSync, zstdDecompress, zstdDecompressSync, type ZstdOptions } from 'node:zlib'

/** Where the bytes of a trace are. */
export interface Place {
  readonly chunk: number
  readonly at: number
  readonly length: number
}

/** Bytes of traces that are compressed together. Measured: each alone took 93 bytes and 2.2 µs a span, together 35 and 0.4. */
const TOGETHER = 128 * 1024
export const ZSTD: ZstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Of larger chunks the bytes are not held. */
const REMEMBERED = 1024 * 1024
const decompress = promisify(zstdDecompress)

/** What was received, compressed, several traces together; a chunk goes when none of its traces needs it any more. */
export class Chunks {
  private readonly insert: StatementSync
  private readonly use: StatementSync
  private readonly unuse: StatementSync
  private readonly remove: StatementSync
  private readonly removeUse: StatementSync
  private readonly select: StatementSync
  private next: number
  /** The last one that was read: lists and recovery read neighbours. */
  private last: { chunk: number; bytes: Buffer } | undefined

  constructor(database: DatabaseSync) {
    this.insert = database.prepare('INSERT INTO chunk (id, bytes) VALUES (?, ?)')
    this.use = database.prepare('INSERT INTO chunk_use (id, traces) VALUES (?, ?)')
    this.unuse = database.prepare('UPDATE chunk_use SET traces = traces - ? WHERE id = ? RETURNING traces')
    this.remove = database.prepare('DELETE FROM chunk WHERE id = ?')
    this.removeUse = database.prepare('DELETE FROM chunk_use WHERE id = ?')
    this.select = database.prepare('SELECT bytes FROM chunk WHERE id = ?')
    this.next = Number(Object.values(database.prepare('SELECT coalesce(max(id), 0) + 1 FROM chunk').get() ?? {})[0])
  }

  /**
   * Keeps the bytes of traces.
   * @param compressed those of some, if that was done before
   * @returns where each is, in their order
   */
  put(traces: readonly Uint8Array[], compressed: ReadonlyMap<Uint8Array, Uint8Array>): Place[] {
    const places: Place[] = []
    for (let from = 0; from < traces.length;) {
      let size = (traces[from] as Uint8Array).length
      let to = from + 1
      for (; to < traces.length && size + (traces[to] as Uint8Array).length <= TOGETHER; to++)
        size += (traces[to] as Uint8Array).length
      this.putChunk(traces.slice(from, to), compressed, places)
      from = to
    }
    return places
  }

  private putChunk(traces: readonly Uint8Array[], compressed: ReadonlyMap<Uint8Array, Uint8Array>, places: Place[]): void {
    const chunk = this.next++
    let at = 0
    for (const { length } of traces) {
      places.push({ chunk, at, length })
      at += length
    }
    // A large trace is alone, and not copied: that took 80 ms for 25 MB.
    const bytes = traces.length === 1 ? (traces[0] as Uint8Array) : Buffer.concat(traces)
    this.insert.run(chunk, compressed.get(bytes) ?? zstdCompressSync(bytes, ZSTD))
    this.use.run(chunk, traces.length)
  }

  get({ chunk, at, length }: Place): Uint8Array {
    const bytes = this.last?.chunk === chunk ? this.last.bytes : zstdDecompressSync(this.compressed(chunk))
    if (bytes.length <= REMEMBERED) this.last = { chunk, bytes }
    return bytes.subarray(at, at + length)
  }

  /** The same; a large trace is alone in its chunk, and decompressed without holding up others: 48 MB took 60 ms. */
  async fetch(place: Place): Promise<Uint8Array> {
    const { chunk, at, length } = place
    if (length <= REMEMBERED) return this.get(place)
    const bytes = await decompress(this.compressed(chunk), { chunkSize: length + 1 })
    return bytes.subarray(at, at + length)
  }

  private compressed(chunk: number): Uint8Array {
    return (this.select.get(chunk) as { bytes: Uint8Array }).bytes
  }

  /** So many traces of a chunk need it no more. */
  release(chunk: number, traces: number): void {
    const left = this.unuse.get(traces, chunk) as { traces: number } | undefined
    if (left === undefined || left.traces > 0) return
    this.remove.run(chunk)
    this.removeUse.run(chunk)
  }

  /** After a transaction that was rolled back. */
  forget(): void {
    this.last = undefined
  }
}
