import { expect, test } from 'vitest'
import { readFileOfSpans } from '../../src/formats/read.ts'
import { kept } from './documents.ts'

const read = (text: unknown) => readFileOfSpans('f', Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)))
const ids = (text: unknown): string[] => read(text).spans.map(({ spanId }) => spanId.slice(-1))

test('spans of Zipkin in an answer to a search are read, too', () => {
  const hits = ['b1', 'b2'].map((id) => ({ _source: { traceId: 'a1', id, timestamp: 1, duration: 1, timestamp_millis: 0 } }))
  const { spans, refused } = read({ hits: { hits: [...hits, { _source: {} }] } })
  expect(spans.map(({ spanId }) => spanId)).toEqual(['00000000000000b1', '00000000000000b2'])
  expect(refused).toMatchObject([{ where: 'hits[2]', reason: 'no span id' }])
})

test('spans as Jaeger keeps them are read in a list, in lines, in a dump and in the answer to a search', () => {
  expect(ids(kept('1'))).toEqual(['1'])
  expect(ids([kept('1'), kept('2')])).toEqual(['1', '2'])
  expect(ids([1, 2].map((id) => JSON.stringify(kept(`${id}`))).join('\n'))).toEqual(['1', '2'])
  expect(ids([1, 2].map((id) => JSON.stringify({ _index: 'jaeger', _source: kept(`${id}`) })).join('\n'))).toEqual(['1', '2'])
  expect(ids({ hits: { hits: [{ _source: kept('1') }, { _source: kept('2') }] } })).toEqual(['1', '2'])
  expect(ids({ responses: [{ hits: { hits: [{ _source: kept('1') }] } }] })).toEqual(['1'])
})

test('the lines that say where to put a document are none', () => {
  const bulk = `{"index":{"_index":"jaeger"}}\n${JSON.stringify(kept('1'))}\n`
  expect(read(bulk)).toMatchObject({ spans: [{}], refused: [] })
})

test('what is no span in an answer is refused by its place', () => {
  const { spans, refused } = read({ hits: { hits: [{ _source: kept('1') }, { _source: { title: 'x' } }] } })
  expect(spans).toHaveLength(1)
  expect(refused).toEqual([{ file: 'f', where: 'hits[1]', reason: 'no trace id' }])
})

test('tags that were kept as fields are tags, and bytes are hexadecimal there', () => {
  const [span] = read(
    kept('1', {
      tags: [{ key: 'blob', type: 'binary', value: '00ff' }],
      tag: { 'span@kind': 'client', 'http@status_code': 200 },
      process: { serviceName: 'shop', tag: { 'host@name': 'web-1' } },
    }),
  ).spans
  expect(span).toMatchObject({ kind: 'CLIENT', resource: { service: 'shop', host: 'web-1' } })
  expect(span?.attributes.get('http.status_code')).toBe(200)
  expect(span?.attributes.get('blob')).toEqual(new Uint8Array([0, 255]))
})
