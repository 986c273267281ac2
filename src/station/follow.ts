import { open, stat, type FileHandle } from 'node:fs/promises'
import { LineReader } from './line-reader.ts'

/** A file that lines are appended to, and how far it is read. */
interface Reading {
  readonly handle: FileHandle
  readonly inode: number
  readonly lines: LineReader
  offset: number
  /** How many looks in a row found nothing new. */
  quiet: number
}

/** So many looks without anything new, and a file that was renamed is done with: nginx writes to it until it is told to open another. */
const PATIENCE = 40
const CHUNK = 65_536

/**
 * Reads what is appended to a log, like `tail -F`: from its end if it is there at the first look, else from its beginning; on
 * in the new file after the old one was renamed, and from the beginning after it was truncated. What cannot be noticed is a log
 * that was truncated and has grown beyond its former length between two looks.
 */
export class LogFollower {
  readonly #path: string
  readonly #told: (lines: readonly string[]) => unknown
  /** The last has the log's name; those before it had it. */
  #readings: Reading[] = []
  #looks = 0
  #broken = 0

  /** @param told is given whole lines, in their order; no more are read until it is done with them */
  constructor(path: string, told: (lines: readonly string[]) => unknown) {
    this.#path = path
    this.#told = told
  }

  /** How many lines were cut off by a truncation, or longer than a mebibyte. */
  get broken(): number {
    return this.#readings.reduce((sum, { lines }) => sum + lines.broken, this.#broken)
  }

  /** Reads all there is. Not to be called again before it has resolved. @throws what the file system says, unless there is no such file */
  async look(): Promise<void> {
    const inode = await inodeOf(this.#path)
    if (inode !== undefined && inode !== this.#readings.at(-1)?.inode) await this.#open()
    this.#looks++
    for (const reading of this.#readings) await this.#read(reading)
    const over = this.#readings.slice(0, -1).filter(({ quiet }) => quiet >= PATIENCE)
    for (const reading of over) await this.#leave(reading)
  }

  /** What is half written now is broken. */
  async close(): Promise<void> {
    for (const reading of this.#readings) await this.#leave(reading)
  }

  async #open(): Promise<void> {
    const handle = await open(this.#path)
    // While it is open, no other file gets its number.
    const { ino: inode, size } = await handle.stat()
    this.#readings.push({ handle, inode, lines: new LineReader(), offset: this.#looks === 0 ? size : 0, quiet: 0 })
  }

  async #read(reading: Reading): Promise<void> {
    const { handle, lines } = reading
    const { size } = await handle.stat()
    if (size < reading.offset) {
      lines.end()
      reading.offset = 0
    }
    reading.quiet = size === reading.offset ? reading.quiet + 1 : 0
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, reading.offset)
      if (bytesRead === 0) return
      reading.offset += bytesRead
      const whole = lines.read(buffer.subarray(0, bytesRead))
      if (whole.length > 0) await this.#told(whole)
    }
  }

  async #leave(reading: Reading): Promise<void> {
    this.#readings = this.#readings.filter((other) => other !== reading)
    reading.lines.end()
    this.#broken += reading.lines.broken
    await reading.handle.close()
  }
}

/** Which file has the name now; undefined for none. */
async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
