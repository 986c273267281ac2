import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readLines } from './lines.ts'
import { inFile, isJson, readBytes, readText, type FileReading } from './read.ts'
import { Unusable } from './refusal.ts'
import { jsonCharset, type Charset } from './text.ts'
import { chunksFor, LIMIT, packingOf, unpacker, unpackingFailed, type Packing } from './unpack.ts'

type Chunks = AsyncIterable<Uint8Array>

/**
 * Reads what `readFileOfSpans` reads, as it comes: documents that stand in lines are given out as they are read, so that a file of
 * any size needs little memory. Anything else is collected first; it may have 1 GiB (JSON: 512 MB, what a string holds). A file
 * that breaks off gives the lines that it has.
 * @param file its name, for `refused`
 */
export async function* readStreamOfSpans(file: string, chunks: Chunks): AsyncGenerator<FileReading> {
  try {
    const packed = await peek(chunks)
    const packing = packingOf(packed.head)
    const { head, all } = packing === undefined ? packed : await peek(unpack(packed.all, packing))
    const charset = head[0] === 0x0a ? undefined : jsonCharset(head)
    yield* charset === undefined ? readWhole(file, all) : readJson(file, textOf(all, charset))
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    yield { spans: [], refused: [{ file, where: '', reason: error.message }] }
  }
}

/** The first bytes, and all of them. */
async function peek(chunks: Chunks): Promise<{ head: Uint8Array; all: Chunks }> {
  const rest = chunks[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  for (let size = 0; size < 1_024;) {
    const next = await rest.next()
    if (next.done === true) break
    first.push(next.value)
    size += next.value.length
  }
  const all = async function* (): Chunks {
    yield* first
    yield* { [Symbol.asyncIterator]: () => rest }
  }
  return { head: Buffer.concat(first), all: all() }
}

async function* unpack(chunks: Chunks, packing: Packing): Chunks {
  const unpacking = unpacker(packing)
  // Whoever reads the stream has its error; who feeds it has nothing to add.
  pipeline(Readable.from(chunksFor(packing, chunks)), unpacking).catch(() => undefined)
  try {
    yield* unpacking as Chunks
  } catch (error) {
    throw new Unusable(unpackingFailed(packing, error))
  }
}

async function* readWhole(file: string, chunks: Chunks): AsyncGenerator<FileReading> {
  const bytes: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    if ((size += chunk.length) > LIMIT) throw new Unusable('more than 1 GiB in one piece: split it')
    bytes.push(chunk)
  }
  yield inFile(file, () => readBytes(Buffer.concat(bytes)))
}

async function* textOf(chunks: Chunks, charset: Charset): AsyncGenerator<string> {
  const decoder = new TextDecoder(charset)
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true })
  yield decoder.decode()
}

/** JSON as it comes: in lines if its first line is a document, else one document as a whole. */
async function* readJson(file: string, texts: AsyncGenerator<string>): AsyncGenerator<FileReading> {
  const pending = new Pending()
  let lines: boolean | undefined
  let failure: unknown
  try {
    for await (const text of texts) {
      pending.add(text)
      if (lines === undefined && text.includes('\n')) lines = pending.beginsWithDocument()
      if (lines !== true || !pending.isBlock(text)) continue
      const first = pending.line
      const block = pending.takeLines()
      yield inFile(file, () => readLines(block, first, false))
    }
  } catch (error) {
    failure = error
  }
  const rest = pending.takeAll()
  if (lines === true) yield inFile(file, () => readLines(rest.split('\n'), pending.line, true))
  else if (failure === undefined) yield inFile(file, () => readText(rest))
  if (failure !== undefined) throw failure
}

/** A string holds so many characters at most. */
const LONGEST = 0x1fffffe8

/** Lines are read in blocks of so many characters. */
const BLOCK = 4_194_304

/** Text that has come and has not been read. */
class Pending {
  /** The number of its first line. */
  line = 1
  #texts: string[] = []
  #size = 0

  /** @throws Unusable if it is more than a string holds; it is empty then */
  add(text: string): void {
    this.#texts.push(text)
    this.#size += text.length
    if (this.#size <= LONGEST) return
    this.#texts = []
    throw new Unusable(`line ${this.line}: a JSON document of more than 512 MB: split it, or put each document on a line`)
  }

  beginsWithDocument(): boolean {
    const [line = ''] = this.#texts.join('').trimStart().split('\n', 1)
    return isJson(line)
  }

  isBlock(latest: string): boolean {
    return this.#size >= BLOCK && latest.includes('\n')
  }

  /** The lines that are whole. */
  takeLines(): string[] {
    const lines = this.takeAll().split('\n')
    this.add(lines.pop() as string)
    this.line += lines.length
    return lines
  }

  takeAll(): string {
    const text = this.#texts.join('')
    this.#texts = []
    this.#size = 0
    return text
  }
}
