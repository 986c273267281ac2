import { bar } from './bar.ts'

/** Where the work is, on one line of the terminal that is drawn again and again; nothing where standard error is none. */
export class ProgressLine {
  readonly #total: number | undefined
  readonly #shown = process.stderr.isTTY
  #done = 0

  /** @param total bytes, if that is known */
  constructor(total: number | undefined) {
    this.#total = total
  }

  /** So many more bytes are done. */
  add(bytes: number): void {
    this.#done += bytes
  }

  show(what: string): void {
    if (!this.#shown) return
    const part = this.#total === undefined || this.#total === 0 ? undefined : Math.min(1, this.#done / this.#total)
    const drawn = part === undefined ? '' : `${bar({ from: 0, to: part }, [], 30)} ${Math.floor(part * 100)} %  `
    process.stderr.write(`\r\u001b[2K${drawn}${what}`)
  }

  /** Lines that stay, above it. */
  say(lines: readonly string[]): void {
    if (lines.length === 0) return
    this.end()
    for (const line of lines) console.error(line)
  }

  end(): void {
    if (this.#shown) process.stderr.write('\r\u001b[2K')
  }
}
