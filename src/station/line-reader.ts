const LINE_FEED = 0x0a

/** Lines of UTF-8 out of chunks of bytes. Empty ones are left out; one that is longer than `longest` bytes is given up. */
export class LineReader {
  /** How many lines were given up: too long, or cut off. */
  broken = 0
  readonly #longest: number
  #begun: Buffer[] = []
  #size = 0

  constructor(longest = 1_048_576) {
    this.#longest = longest
  }

  /** @returns the lines that end in this chunk */
  read(chunk: Buffer): string[] {
    const lines: string[] = []
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, end))
      const line = this.#take()
      if (line !== undefined && line !== '') lines.push(line)
      from = end + 1
    }
    // A copy: the rest of the chunk would be kept for a few bytes of it.
    if (from < chunk.length) this.#add(Buffer.from(chunk.subarray(from)))
    return lines
  }

  /** Nothing follows: a line that has begun and not ended is broken. */
  end(): void {
    if (this.#size > 0) this.broken++
    this.#begun = []
    this.#size = 0
  }

  /** What is too long is counted on, and not kept. */
  #add(piece: Buffer): void {
    this.#size += piece.length
    if (this.#size > this.#longest) this.#begun = []
    else if (piece.length > 0) this.#begun.push(piece)
  }

  #take(): string | undefined {
    const line = this.#size > this.#longest ? undefined : Buffer.concat(this.#begun).toString().trimEnd()
    if (line === undefined) this.broken++
    this.#begun = []
    this.#size = 0
    return line
  }
}
