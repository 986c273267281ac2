import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readFileOfSpans } from '../../src/formats/read.ts'
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
