import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { FileReading } from '../../src/formats/read.ts'
import { readStreamOfSpans } from '../../src/formats/stream.ts'
import { readFileOfSpans } from '../../src/formats/read.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { otlp } from './documents.ts'

/** The bytes in chunks of a size, which cuts characters and lines anywhere. */
async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

async function readings(bytes: Uint8Array, size = 1_000): Promise<FileReading[]> {
  const given: FileReading[] = []
  for await (const reading of readStreamOfSpans('f', inChunks(bytes, size))) given.push(reading)
  return given
}

const id = (number: number): string => number.toString(16).padStart(16, '0')
const lines = (count: number): string =>
  Array.from({ length: count }, (_, at) => `${JSON.stringify(otlp(id(at + 1), { name: 'Füße' }))}\n`).join('')

test.each<[string, Uint8Array]>([
  ['lines', Buffer.from(lines(40))],
  ['lines that are packed', gzipSync(lines(40))],
  ['lines in UTF-16', Buffer.from(`\ufeff${lines(40)}`, 'utf16le')],
  ['one document', Buffer.from(JSON.stringify(otlp(), null, 2))],
  ['protobuf that is packed', zstdCompressSync(encodeSpans(readFileOfSpans('f', Buffer.from(lines(3))).spans))],
  ['a broken line among others', Buffer.from(`${lines(2)}{"oh":\n${lines(2)}`)],
  ['a broken document', Buffer.from('{\n"data": [\n')],
  ['nothing', new Uint8Array()],
  ['a text', Buffer.from('hello')],
])('%s: what comes in pieces is read as what is there at once', async (_, bytes) => {
  const pieces = await readings(bytes, 7)
  const whole = readFileOfSpans('f', bytes)
  expect({ spans: pieces.flatMap(({ spans }) => spans), refused: pieces.flatMap(({ refused }) => refused) }).toEqual(whole)
})

test('lines are given out before the file has ended', async () => {
  const many = lines(20_000)
  const given = await readings(Buffer.from(many), 100_000)
  expect(given.length).toBeGreaterThan(1)
  expect(given.flatMap(({ spans }) => spans)).toHaveLength(20_000)
  const last = await readings(Buffer.from(`${many}{`), 100_000)
  expect(last.at(-1)?.refused).toMatchObject([{ where: 'line 20001' }])
})

test('a packed file that is cut off gives the lines that it has, and says so', async () => {
  const packed = gzipSync(lines(500))
  const given = await readings(packed.subarray(0, packed.length >> 1))
  expect(given.flatMap(({ spans }) => spans).length).toBeGreaterThan(50)
  expect(given.flatMap(({ refused }) => refused.map(({ reason }) => reason))).toContain('gzip: the file is cut off')
})
