import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readFileOfSpans } from '../../src/formats/read.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'

const TRACE = '5b8efff798038103d269b633813fc60c'
const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const read = (value: unknown) => readFileOfSpans('f', bytes(value))

const otlp = (spanId = 'eee19b7ec3c1b174', traceId = TRACE) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            { traceId, spanId, name: 'GET', startTimeUnixNano: '1790000000000000001', endTimeUnixNano: '1790000000000000009' },
          ],
        },
      ],
    },
  ],
})
const jaeger = {
  traceID: TRACE,
  spans: [{ spanID: 'b1', operationName: 'GET', startTime: 1, duration: 2, processID: 'p1' }],
  processes: { p1: { serviceName: 'shop' } },
}
const zipkin = {
  traceId: 'd269b633813fc60c',
  id: 'b1',
  name: 'get',
  timestamp: 1,
  duration: 2,
  localEndpoint: { serviceName: 'shop' },
}

describe('what a file is, is told from what is in it', () => {
  test.each<[string, unknown, number]>([
    ['OTLP JSON', otlp(), 1],
    ['OTLP JSON in lines', `${JSON.stringify(otlp())}\n${JSON.stringify(otlp('0000000000000002'))}\n`, 2],
    ['OTLP JSON over several lines', JSON.stringify(otlp(), null, 2), 1],
    ['a list of OTLP JSON', [otlp(), otlp('0000000000000002')], 2],
    ['the answer of Jaeger’s API v3', { result: otlp() }, 1],
    ['the answer of Tempo', { trace: otlp() }, 1],
    [
      'an older answer of Tempo',
      {
        batches: [
          {
            instrumentationLibrarySpans: [
              { instrumentationLibrary: { name: 'x' }, spans: [{ traceId: 'W47/95gDgQPSabYzgT/GDA==', spanId: '7uGbfsPBsXQ=' }] },
            ],
          },
        ],
      },
      1,
    ],
    ['the spans of one resource', otlp().resourceSpans[0], 1],
    ['a list of the spans of resources', otlp().resourceSpans, 1],
    ['OTLP under data', { data: otlp() }, 1],
    ['the answer of Jaeger’s API', { data: [jaeger, jaeger], total: 0 }, 2],
    ['one trace of Jaeger', jaeger, 1],
    ['a list of traces of Jaeger', [jaeger], 1],
    ['a trace of Zipkin', [zipkin, zipkin], 2],
    ['a list of traces of Zipkin', [[zipkin], [zipkin]], 2],
    ['spans of Zipkin in lines', `${JSON.stringify(zipkin)}\n${JSON.stringify(zipkin)}`, 2],
    ['nothing from Zipkin', [], 0],
  ])('%s', (_, document, count) => {
    const { spans, refused } = read(document)
    expect(refused).toEqual([])
    expect(spans).toHaveLength(count)
    for (const { traceId } of spans) expect(traceId).toMatch(/d269b633813fc60c$/)
  })

  test('OTLP protobuf, and any of them gzipped', () => {
    const { spans } = read(otlp())
    expect(readFileOfSpans('f', encodeSpans(spans)).spans).toHaveLength(1)
    expect(readFileOfSpans('f', gzipSync(encodeSpans(spans))).spans).toHaveLength(1)
    expect(readFileOfSpans('f', gzipSync(bytes(jaeger))).spans).toHaveLength(1)
  })

  test.each([otlp(), { batches: otlp().resourceSpans }, { trace: otlp() }])(
    'nanoseconds stay exact even where they are JSON numbers',
    (document) => {
      const text = JSON.stringify(document).replace('"1790000000000000001"', '1790000000000000001')
      expect(read(text).spans[0]?.start).toBe(1_790_000_000_000_000_001n)
    },
  )

  test('the names of protobuf’s fields are those of its JSON', () => {
    const snake = JSON.stringify(otlp()).replace(
      /"(\w+)":/g,
      (_, key: string) => `"${key.replace(/[A-Z]/g, (up) => `_${up.toLowerCase()}`)}":`,
    )
    expect(snake).toContain('"start_time_unix_nano"')
    const { spans, refused } = read(snake.replace('"1790000000000000001"', '1790000000000000001'))
    expect(refused).toEqual([])
    expect(spans).toMatchObject([{ name: 'GET', start: 1_790_000_000_000_000_001n, resource: { service: 'shop' } }])
  })

  test('before OTLP 1.0 a scope was an instrumentation library', () => {
    const [group] = otlp().resourceSpans
    const spans = group?.scopeSpans[0]?.spans
    const old = { resourceSpans: [{ instrumentationLibrarySpans: [{ instrumentationLibrary: { name: 'lib' }, spans }] }] }
    expect(read(old).spans).toMatchObject([{ scope: { name: 'lib' } }])
  })

  test('documents that are spread over lines may follow each other', () => {
    const pretty = (id: string): string => JSON.stringify(otlp(id), null, 2)
    expect(read(`${pretty('0000000000000001')}\n${pretty('0000000000000002')}\n`)).toMatchObject({ spans: [{}, {}], refused: [] })
    const { spans, refused } = read(`${pretty('0000000000000001')}\n${pretty('0000000000000002').slice(0, 200)}`)
    expect(spans).toHaveLength(1)
    expect(refused[0]?.where).toBe('document 2')
  })
})

describe('what cannot be taken is refused with its file, its place and a reason', () => {
  test('and the rest is taken', () => {
    const bad = { ...jaeger, spans: [...jaeger.spans, { operationName: 'x' }, { spanID: 'b2', startTime: 'soon' }, 7] }
    const { spans, refused } = read({ data: [jaeger, bad] })
    expect(spans).toHaveLength(2)
    expect(refused).toEqual([
      { file: 'f', where: 'data[1].spans[1]', reason: 'no span id' },
      { file: 'f', where: 'data[1].spans[2]', reason: 'startTime is not a number of microseconds: "soon"' },
      { file: 'f', where: 'data[1].spans[3]', reason: 'no object' },
    ])
  })

  test('in lines, by the line', () => {
    const { spans, refused } = read(`${JSON.stringify(otlp())}\n{"oh":\n${JSON.stringify(otlp('zz'))}`)
    expect(spans).toHaveLength(1)
    expect(refused.map(({ where }) => where)).toEqual(['line 2', 'line 3: resourceSpans[0].scopeSpans[0].spans[0]'])
  })

  test('in OTLP that cannot be read as a whole, by the group of spans', () => {
    const [group] = otlp().resourceSpans
    const [scope] = group?.scopeSpans ?? []
    const broken = { ...group, scopeSpans: [scope, { spans: 'x' }, { spans: [7] }, 5] }
    const { spans, refused } = read([otlp(), { resourceSpans: [group, 5, { scopeSpans: {} }, broken] }])
    expect(spans).toHaveLength(3)
    expect(refused.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
      '[1].resourceSpans[1]: resourceSpans holds something that is no object',
      '[1].resourceSpans[2]: scopeSpans is no array',
      '[1].resourceSpans[3].scopeSpans[1]: spans is no array',
      '[1].resourceSpans[3].scopeSpans[2].spans[0]: no trace id',
      '[1].resourceSpans[3].scopeSpans[3]: scopeSpans holds something that is no object',
    ])
  })

  test('what other signals there are is said', () => {
    const { spans, refused } = read(`${JSON.stringify(otlp())}\n{"resourceMetrics":[]}\n{"resourceLogs":[]}\n`)
    expect(spans).toHaveLength(1)
    expect(refused.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
      'line 2: these are OTLP metrics, not spans',
      'line 3: these are OTLP logs, not spans',
    ])
  })

  test('a file that is cut off within a line, by that line', () => {
    const { spans, refused } = read(`${JSON.stringify(otlp())}\n{"resourceSpans":[{"sc`)
    expect(spans).toHaveLength(1)
    expect(refused).toMatchObject([{ where: 'line 2', reason: expect.stringContaining('it is cut off') as string }])
  })

  test('OTLP in protobuf that is damaged, or cut off, by the group of spans', () => {
    const one = encodeSpans(read(otlp()).spans)
    const damaged = Buffer.from(one)
    damaged.fill(0xff, one.length - 20)
    const file = Buffer.concat([one, damaged, one, one]).subarray(0, 4 * one.length - 5)
    const { spans, refused } = readFileOfSpans('f', file)
    expect(spans).toHaveLength(2)
    expect(refused).toEqual([
      { file: 'f', where: 'resourceSpans[1]', reason: expect.any(String) as string },
      { file: 'f', where: 'resourceSpans[3]', reason: 'the file is cut off or damaged here' },
    ])
  })

  test('an error that Jaeger answered, in its words', () => {
    const errors = [{ code: 404, msg: 'trace not found' }]
    for (const data of [null, []]) {
      expect(read({ data, errors }).refused).toMatchObject([{ reason: expect.stringContaining('trace not found') as string }])
    }
  })

  test('in a list of Zipkin’s, by the place', () => {
    const { spans, refused } = read([zipkin, { ...zipkin, id: '' }, null, { ...zipkin, traceId: 0 }])
    expect(spans).toHaveLength(1)
    expect(refused.map(({ where, reason }) => [where, reason])).toEqual([
      ['[1]', 'no span id'],
      ['[2]', 'no object'],
      ['[3]', 'no trace id'],
    ])
  })

  test.each<[string, Buffer, RegExp]>([
    ['an empty file', Buffer.alloc(0), /empty/],
    ['a broken gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3]), /gzip/],
    ['a text', Buffer.from('hello'), /neither JSON nor OTLP in protobuf/],
    ['broken JSON over several lines', Buffer.from('{\n"data": [\n'), /no JSON/],
    ['JSON that is something else', Buffer.from('{"a":1}'), /neither OTLP nor Jaeger nor Zipkin/],
    ['broken protobuf', Buffer.from([0x0a, 0xff, 0xff, 0xff]), /neither JSON nor OTLP in protobuf/],
  ])('%s as a whole', (_, body, reason) => {
    const { spans, refused } = readFileOfSpans('f', body)
    expect(spans).toEqual([])
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatchObject({ file: 'f', reason: expect.stringMatching(reason) as string })
  })
})
