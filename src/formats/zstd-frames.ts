/** How long the fields of a frame's header are, by their flags (RFC 8878 §3.1.1.1). */
const DICTIONARY = [0, 1, 2, 4] as const
const CONTENT_SIZE = [0, 2, 4, 8] as const
const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a5

type Stage = 'frame' | 'block' | 'checksum' | 'skippable' | 'over' | 'unknown'
const HEADER: Readonly<Record<Stage, number>> = { frame: 5, block: 3, checksum: 0, skippable: 8, over: 0, unknown: 0 }

/**
 * Finds where the frames of a zstd file end, as it comes: there may be several, one after the other. Node 22 and 24 unpack the first of
 * a chunk and pass over the rest without a word; given each in chunks of its own, they unpack all.
 */
export class ZstdFrames {
  #stage: Stage = 'frame'
  /** Bytes to pass over. */
  #skip = 0
  #header: number[] = []
  #checked = false
  #isLast = false

  /** The chunk, cut where frames end. */
  cut(chunk: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = []
    let from = 0
    for (let at = 0; at < chunk.length && this.#stage !== 'unknown';) {
      at = this.#next(chunk, at)
      if (this.#stage !== 'over') continue
      parts.push(chunk.subarray(from, at))
      from = at
      this.#stage = 'frame'
    }
    if (from < chunk.length) parts.push(chunk.subarray(from))
    return parts
  }

  /** @returns where it goes on */
  #next(chunk: Uint8Array, at: number): number {
    if (this.#skip > 0) {
      const passed = Math.min(this.#skip, chunk.length - at)
      this.#skip -= passed
      if (this.#skip === 0) this.#passed()
      return at + passed
    }
    this.#header.push(chunk[at] as number)
    if (this.#header.length >= HEADER[this.#stage]) this.#read(this.#header)
    return at + 1
  }

  #read(header: readonly number[]): void {
    const number = header.slice(-4).reduceRight((sum, byte) => sum * 256 + byte, 0)
    if (this.#stage === 'frame') return this.#readFrame(header)
    this.#header = []
    if (this.#stage === 'skippable') this.#skip = number
    else {
      this.#isLast = (number & 1) === 1
      // A block of one byte that is repeated has only that.
      this.#skip = ((number >> 1) & 3) === 1 ? 1 : number >> 3
    }
    if (this.#skip === 0) this.#passed()
  }

  #readFrame(header: readonly number[]): void {
    const magic = header.slice(0, 4).reduceRight((sum, byte) => sum * 256 + byte, 0)
    if (Math.floor(magic / 16) === SKIPPABLE) {
      this.#stage = 'skippable'
      return
    }
    this.#header = []
    const flags = header[4] as number
    const isSingle = (flags & 0x20) !== 0
    this.#checked = (flags & 4) !== 0
    const size = CONTENT_SIZE[(flags >> 6) as 0 | 1 | 2 | 3] || (isSingle ? 1 : 0)
    this.#skip = (isSingle ? 0 : 1) + DICTIONARY[(flags & 3) as 0 | 1 | 2 | 3] + size
    this.#stage = magic === MAGIC ? 'block' : 'unknown'
    this.#isLast = false
  }

  /** What was to be passed over is. */
  #passed(): void {
    if (this.#stage === 'skippable' || this.#stage === 'checksum') this.#stage = 'over'
    else if (this.#isLast && this.#checked) [this.#stage, this.#skip] = ['checksum', 4]
    else if (this.#isLast) this.#stage = 'over'
  }
}
