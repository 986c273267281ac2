import { describe, expect, test } from 'vitest'
import { readZipkin } from '../../src/formats/zipkin.ts'

type Json = Record<string, unknown>
const shop = { serviceName: 'shop', ipv4: '10.0.0.1', port: 8080 }
const stock = { serviceName: 'stock', ipv4: '10.0.0.2' }
const at = (timestamp: number, value: string, endpoint?: Json) => ({ timestamp, value, endpoint })
const tag = (key: string, value: unknown, endpoint?: Json) => ({ key, value, endpoint })

/** The spans of one of version 1, by what of them differs: kind, service, start and end in µs, shared. */
function told(span: Json): unknown[] {
  const { spans, refused } = readZipkin([{ traceId: 'a', id: 'b', binaryAnnotations: [], ...span }], String)
  expect(refused).toEqual([])
  return spans.map(({ kind, resource, start, end, shared }) =>
    [kind, resource.service, ...[start, end].map((time) => Number(time / 1_000n)), shared === true ? 'shared' : '']
      .join(' ')
      .trim(),
  )
}
const one = (span: Json) => readZipkin([{ traceId: 'a', id: 'b', binaryAnnotations: [], ...span }], String).spans[0]

describe('a span of version 1', () => {
  test('is the client’s where the client speaks, with its tags, annotations and who it called', () => {
    const span = {
      name: 'get',
      parentId: 'c',
      timestamp: 100,
      duration: 50,
      annotations: [at(100, 'cs', shop), at(110, 'ws', shop), at(120, 'retried', shop), at(150, 'cr', shop)],
      binaryAnnotations: [tag('http.path', '/', shop), tag('sa', true, stock)],
    }
    expect(told(span)).toEqual(['CLIENT shop 100 150'])
    expect(one(span)).toMatchObject({ name: 'get', parentSpanId: '000000000000000c', resource: { host: '10.0.0.1' } })
    expect(one(span)?.events.map(({ name }) => name)).toEqual(['retried', 'ws'])
    expect(Object.fromEntries(one(span)?.attributes ?? [])).toEqual({
      'http.path': '/',
      'peer.service': 'stock',
      'network.peer.address': '10.0.0.2',
      'network.local.port': 8080,
    })
  })

  test('is two where both sides speak: the client has the span’s times, the server its own', () => {
    const annotations = [at(100, 'cs', shop), at(110, 'sr', stock), at(130, 'ss', stock), at(150, 'cr', shop)]
    expect(told({ annotations, timestamp: 100, duration: 50 })).toEqual(['CLIENT shop 100 150', 'SERVER stock 110 130 shared'])
    expect(told({ annotations })).toEqual(['CLIENT shop 100 150', 'SERVER stock 110 130 shared'])
    const oneWay = annotations.slice(0, 2)
    expect(told({ annotations: oneWay })).toEqual(['CLIENT shop 100 100', 'SERVER stock 110 110 shared'])
    const itself = annotations.map((annotation) => ({ ...annotation, endpoint: shop }))
    expect(told({ annotations: itself })).toEqual(['CLIENT shop 100 150', 'SERVER shop 110 130 shared'])
  })

  test('of a server that leaves its time to the client shares the client’s id; one with times of its own does not', () => {
    const annotations = [at(110, 'sr', stock), at(130, 'ss', stock)]
    expect(told({ annotations })).toEqual(['SERVER stock 110 130 shared'])
    expect(told({ annotations, timestamp: 110, duration: 20 })).toEqual(['SERVER stock 110 130'])
    expect(told({ annotations: [at(130, 'ss', stock)], timestamp: 110, duration: 20 })).toEqual(['SERVER stock 110 130'])
  })

  test('that is not finished keeps what it says', () => {
    expect(told({ annotations: [at(100, 'cs', shop)], timestamp: 100 })).toEqual(['CLIENT shop 100 100'])
    const late = { annotations: [at(150, 'cr', shop)], binaryAnnotations: [tag('sa', true, stock)] }
    expect(told(late)).toEqual(['CLIENT shop 0 0'])
    expect(one(late)?.events).toMatchObject([{ name: 'cr' }])
    expect(one(late)?.attributes.get('peer.service')).toBe('stock')
  })

  test('of messages has a producer and a consumer', () => {
    expect(told({ annotations: [at(100, 'ms', shop), at(120, 'ws', shop)] })).toEqual(['PRODUCER shop 100 120'])
    expect(told({ annotations: [at(100, 'wr', stock), at(120, 'mr', stock)] })).toEqual(['CONSUMER stock 100 120'])
    expect(told({ annotations: [at(100, 'mr', stock)] })).toEqual(['CONSUMER stock 100 100'])
    expect(told({ annotations: [at(100, 'ms', shop), at(130, 'mr', stock)] })).toEqual([
      'PRODUCER shop 100 100',
      'CONSUMER stock 130 130 shared',
    ])
  })

  test('without a call is local; a component without an endpoint gives the service its name', () => {
    expect(told({ timestamp: 5, duration: 2, binaryAnnotations: [tag('lc', 'cache', shop)] })).toEqual(['INTERNAL shop 5 7'])
    expect(told({ timestamp: 5, duration: 2, binaryAnnotations: [tag('lc', 'cache')] })).toEqual(['INTERNAL cache 5 7'])
    expect(one({ binaryAnnotations: [tag('lc', '', shop)] })?.attributes.has('lc')).toBe(false)
    expect(told({ binaryAnnotations: [tag('ca', true, shop)] })).toEqual(['SERVER unknown_service 0 0'])
    expect(told({ binaryAnnotations: [tag('ca', true, shop), tag('sa', true, stock)] })).toEqual(['INTERNAL shop 0 0'])
  })

  test('may have nulls for all that is absent', () => {
    expect(told({ parentId: null, name: null, timestamp: null, duration: null, annotations: null, debug: null })).toEqual([
      'INTERNAL unknown_service 0 0',
    ])
  })

  test('with a time that is none is refused', () => {
    const { refused } = readZipkin([{ traceId: 'a', id: 'b', annotations: [at(Number.NaN, 'cs', shop)] }], String)
    expect(refused).toMatchObject([{ where: '0', reason: expect.stringContaining('timestamp') as string }])
  })
})
