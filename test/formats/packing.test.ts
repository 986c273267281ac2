import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readFileOfSpans } from '../../src/formats/read.ts'
import { ZstdFrames } from '../../src/formats/zstd-frames.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { otlp } from './documents.ts'

const read = (bytes: Buffer) => readFileOfSpans('f', bytes)
const json = (spanId?: string): Buffer => Buffer.from(JSON.stringify(otlp(spanId)))
const protobuf = (spanId?: string): Buffer => encodeSpans(read(json(spanId)).spans)
const two = [protobuf('0000000000000001'), protobuf('0000000000000002')]

const bigEndian = (message: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}
/** Of 128 to 16,383 bytes. */
const delimited = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(message.length & 0x7f) | 0x80, message.length >> 7]), message])
const inFirstField = (message: Buffer): Buffer => Buffer.concat([Buffer.from([0x0a]), delimited(message)])

describe('is read', () => {
  test.each<[string, Buffer, number]>([
    ['gzip', gzipSync(json()), 1],
    ['zstd', zstdCompressSync(protobuf()), 1],
    ['zstd in several frames', Buffer.concat(two.map((one) => zstdCompressSync(one))), 2],
    ['a byte order mark', Buffer.from(`\ufeff${json().toString()}`), 1],
    ['UTF-16 with a byte order mark', Buffer.from(`\ufeff${json().toString()}`, 'utf16le'), 1],
    ['UTF-16 with the other one', Buffer.from(`\ufeff${json().toString()}`, 'utf16le').swap16(), 1],
    ['UTF-16 without', Buffer.from(json().toString(), 'utf16le'), 1],
    [
      'messages behind their length in four bytes, as the collector’s file exporter writes them',
      Buffer.concat(two.map(bigEndian)),
      2,
    ],
    ['and each packed by itself', Buffer.concat(two.map((one) => bigEndian(zstdCompressSync(one)))), 2],
    [
      'and JSON, too',
      Buffer.concat(['0000000000000001', '0000000000000002'].map((id) => bigEndian(zstdCompressSync(json(id))))),
      2,
    ],
    ['messages behind their length in a varint', Buffer.concat(two.map(delimited)), 2],
    ['messages one after the other, which is one in protobuf', Buffer.concat(two), 2],
    ['a message within another, as Tempo answers', Buffer.concat([inFirstField(Buffer.concat(two)), Buffer.from([0x12, 0])]), 2],
  ])('%s', (_, bytes, count) => {
    const { spans, refused } = read(bytes)
    expect(refused).toEqual([])
    expect(spans).toHaveLength(count)
    for (const span of spans) expect(span.resource.service).toBe('shop')
  })
})

describe('the frames of a zstd file are told apart', () => {
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
  const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24))
  const frames = [
    zstdCompressSync(json()),
    zstdCompressSync(Buffer.alloc(500_000, 7), checked),
    skippable,
    zstdCompressSync(noise, checked),
    zstdCompressSync(Buffer.alloc(0)),
    zstdCompressSync(Buffer.from('x')),
  ]
  const ends = frames.map((_, place) => frames.slice(0, place + 1).reduce((sum, { length }) => sum + length, 0))

  test.each([1, 7, 1_000, 1e9])('in chunks of %s', (size) => {
    const file = Buffer.concat(frames)
    const cutter = new ZstdFrames()
    const found: number[] = []
    for (let at = 0; at < file.length; at += size) {
      const chunk = file.subarray(at, at + size)
      const parts = cutter.cut(chunk)
      expect(Buffer.compare(Buffer.concat(parts), chunk)).toBe(0)
      for (const [place, { length }] of parts.entries()) {
        const end = (found.at(-1) ?? 0) + length
        if (place > 0 || found.length === 0 || ends.includes(found.at(-1) as number)) found.push(end)
        else found[found.length - 1] = end
      }
    }
    expect(found).toEqual(ends)
  })

  test('what is no frame is left as it is', () => {
    const parts = new ZstdFrames().cut(Buffer.concat([zstdCompressSync(json()), Buffer.from('anything else')]))
    expect(parts.map(String).at(-1)).toBe('anything else')
  })
})

describe('is refused, with what it is', () => {
  test.each<[string, Buffer, string]>([
    ['gzip that is cut off', gzipSync(json()).subarray(0, -12), 'gzip: the file is cut off'],
    ['zstd that is cut off', zstdCompressSync(json()).subarray(0, -4), 'zstd: '],
    ['bzip2', Buffer.from('BZh91AY'), 'bzip2 is not read, only gzip and zstd: unpack it first'],
    ['zip', Buffer.from('PK\u0003\u0004abc'), 'a zip archive is not read'],
  ])('%s', (_, bytes, reason) => {
    expect(read(bytes)).toMatchObject({ spans: [], refused: [{ file: 'f', reason: expect.stringContaining(reason) as string }] })
  })
})

test('OTLP without a span is that, and no other protobuf is', () => {
  const resource = Buffer.from([0x0a, 4, 0x0a, 0, 0x12, 0])
  expect(read(resource)).toEqual({ spans: [], refused: [] })
  for (const other of [Buffer.from([0x0a, 2, 0x2a, 0]), Buffer.from([0x0a, 0, 0x12, 0]), Buffer.from([0x08, 1])]) {
    expect(read(other)).toMatchObject({ spans: [], refused: [{ reason: expect.stringContaining('protobuf') as string }] })
  }
})

test('of messages of which the last is cut off the others are read', () => {
  const { spans, refused } = read(Buffer.concat(two.map(bigEndian)).subarray(0, -3))
  expect(spans).toHaveLength(1)
  expect(refused).toEqual([{ file: 'f', where: 'message 2', reason: 'the file ends here, it is cut off' }])
})
