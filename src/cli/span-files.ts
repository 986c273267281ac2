import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { FileReading } from '../formats/read.ts'
import type { Refusal } from '../formats/refusal.ts'
import { readStreamOfSpans } from '../formats/stream.ts'
import { safe } from './terminal-text.ts'

/** What stands in the help of the commands that read files of spans. */
export const FORMATS = `  OTLP         JSON (one document, or one per line) and protobuf
  Jaeger       JSON: of its page, API, Elasticsearch, internal model
  Zipkin       JSON, version 2 or 1
each also packed by gzip or zstd. "-" is standard input.`

/**
 * Reads files of spans in their order, as they come; one that cannot be opened is refused like what cannot be read.
 * @param heard is told how many bytes came, each time
 */
export async function* readFiles(files: readonly string[], heard?: (bytes: number) => void): AsyncGenerator<FileReading> {
  for (const file of files) {
    try {
      yield* readStreamOfSpans(file, counted(file, heard))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error
      yield { spans: [], refused: [{ file, where: '', reason: reasonOf(error as NodeJS.ErrnoException) }] }
    }
  }
}

async function* counted(file: string, heard?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1_048_576 })
  for await (const chunk of source as AsyncIterable<Buffer>) {
    heard?.(chunk.length)
    yield chunk
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'this is a directory: name the files in it'
  return code === 'EACCES' ? 'it may not be read by this user' : message
}

/** How many bytes the files have; undefined if that cannot be known. */
export async function sizeOf(files: readonly string[]): Promise<number | undefined> {
  try {
    const all = await Promise.all(files.map((file) => stat(file)))
    return all.every((one) => one.isFile()) ? all.reduce((sum, { size }) => sum + size, 0) : undefined
  } catch {
    return undefined
  }
}

/** What was refused, in a line each; at most fifty. */
export function refusalLines(refused: readonly Refusal[]): string[] {
  const lines = refused.slice(0, 50).map(({ file, where, reason }) => safe(`refused: ${file}${where && ` ${where}`}: ${reason}`))
  return refused.length > 50 ? [...lines, `… and ${refused.length - 50} more`] : lines
}
