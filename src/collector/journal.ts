import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writevSync } from 'node:fs'
import { join } from 'node:path'

const SEGMENT_BYTES = 16 * 1024 * 1024
const HEADER = 9
const MARK = 0x50

/**
 * Bodies that are not done with yet, on disk, so that they survive the end of the process (not of the machine: nothing waits for the
 * disk). One write per body: mark, length, checksum, body. Files of 16 MiB, segments, each removed when nobody holds it any more.
 */
export class Journal {
  private readonly folder: string
  private readonly name: string
  private segment = 0
  private file: number | undefined
  private written = 0
  /** Bytes of what a former process left that the disk has damaged; known once all of it has been read. */
  damaged = 0
  /** How many things are kept by each segment. */
  private readonly held = new Map<number, number>()

  /** @param name what its files begin with */
  constructor(folder: string, name: string) {
    this.folder = folder
    this.name = name
    mkdirSync(folder, { recursive: true })
    this.segment = this.segments().at(-1) ?? 0
  }

  private segments(): number[] {
    const files = readdirSync(this.folder).filter((file) => file.startsWith(`${this.name}-`) && /-\d+\.log$/.test(file))
    return files.map((file) => Number(file.slice(this.name.length + 1, -4))).sort((one, other) => one - other)
  }

  private path(segment: number): string {
    return join(this.folder, `${this.name}-${segment}.log`)
  }

  /** What a former process left behind, and the segments that hold it; what it did not finish writing was not acknowledged. */
  *left(): Iterable<{ body: Buffer; segment: number }> {
    for (const segment of this.segments()) {
      for (const body of read(readFileSync(this.path(segment)), (bytes) => (this.damaged += bytes))) yield { body, segment }
    }
  }

  /** Removes the segments of a former process that hold nothing any more. */
  removeUnheld(): void {
    for (const segment of this.segments()) if (segment !== this.segment && !this.held.has(segment)) this.remove(segment)
  }

  /** One that the file system does not let go comes again at the next start, and then is in the store, or sent, already. */
  private remove(segment: number): void {
    try {
      rmSync(this.path(segment), { force: true })
    } catch {
      // Nobody can do anything about it here, and what it held is safe.
    }
  }

  /** Appends a body. @returns the segment that has it now */
  append(body: Uint8Array): number {
    if (this.file === undefined || this.written >= SEGMENT_BYTES) this.open()
    const header = Buffer.allocUnsafe(HEADER)
    header[0] = MARK
    header.writeUInt32LE(body.length, 1)
    header.writeUInt32LE(checksum(body), 5)
    try {
      writeAll(this.file as number, [header, body])
    } catch (error) {
      // What was written of it must not stand before the next one.
      this.closeFile()
      throw error
    }
    this.written += HEADER + body.length
    return this.segment
  }

  /** The next body begins a new segment. */
  turn(): void {
    this.written = SEGMENT_BYTES
  }

  private open(): void {
    const former = this.segment
    this.closeFile()
    this.segment++
    this.file = openSync(this.path(this.segment), 'w')
    this.written = 0
    if (!this.held.has(former)) this.remove(former)
  }

  private closeFile(): void {
    const { file } = this
    this.file = undefined
    if (file === undefined) return
    try {
      closeSync(file)
    } catch {
      // Closed it is; what a disk says late of what was written cannot be put right.
    }
  }

  /** Something in this segment is still needed. */
  hold(segment: number): void {
    this.held.set(segment, (this.held.get(segment) ?? 0) + 1)
  }

  /** Something in each of these segments is needed no more. */
  release(segments: readonly number[]): void {
    for (const segment of segments) {
      const left = (this.held.get(segment) ?? 0) - 1
      if (left > 0) this.held.set(segment, left)
      else this.drop(segment)
    }
  }

  /** Nothing in it is needed any more; the next body begins a new one. */
  private drop(segment: number): void {
    this.held.delete(segment)
    if (segment === this.segment) this.closeFile()
    this.remove(segment)
  }

  close(): void {
    this.closeFile()
  }
}

/** The ends and the length: finds a body that was cut, in the time of no body. */
function checksum(body: Uint8Array): number {
  let sum = body.length
  const step = Math.max(1, body.length >> 6)
  for (let at = 0; at < body.length; at += step) sum = (Math.imul(sum, 31) + (body[at] as number)) >>> 0
  return (sum + (body.at(-1) ?? 0)) >>> 0
}

function writeAll(file: number, parts: Uint8Array[]): void {
  let rest = parts
  for (;;) {
    const written = writevSync(file, rest)
    rest = after(rest, written)
    if (rest.length === 0) return
  }
}

function after(parts: Uint8Array[], written: number): Uint8Array[] {
  let skip = written
  const rest: Uint8Array[] = []
  for (const part of parts) {
    if (skip < part.length) rest.push(part.subarray(skip))
    skip = Math.max(0, skip - part.length)
  }
  return rest
}

/** @param damaged is told of the bytes that say what they cannot: of a header nobody knows where it ends, of a body those behind it are whole */
function* read(log: Buffer, damaged: (bytes: number) => void): Iterable<Buffer> {
  for (let at = 0; at + HEADER <= log.length;) {
    if (log[at] !== MARK) {
      damaged(log.length - at)
      return
    }
    const end = at + HEADER + log.readUInt32LE(at + 1)
    if (end > log.length) return
    const body = log.subarray(at + HEADER, end)
    if (checksum(body) === log.readUInt32LE(at + 5)) yield body
    else damaged(body.length)
    at = end
  }
}
