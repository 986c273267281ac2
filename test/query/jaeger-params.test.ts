import { expect, test } from 'vitest'
import { findV1, findV3, goDuration, rfc3339 } from '../../src/query/jaeger/params.ts'

test.each([
  ['1.5s', 1_500_000_000n],
  ['100ms', 100_000_000n],
  ['1h30m', 5_400_000_000_000n],
  ['250us', 250_000n],
  ['3µs', 3000n],
  ['7ns', 7n],
  ['0', 0n],
  ['.5s', 500_000_000n],
  ['5', undefined],
  ['1 s', undefined],
  ['-1s', -1_000_000_000n],
  ['+1s', 1_000_000_000n],
  ['--1s', undefined],
  ['s', undefined],
  ['', undefined],
])('the Go duration %s is %s ns', (text, ns) => {
  expect(goDuration(text)).toBe(ns)
})

test.each([
  ['1970-01-01T00:00:01Z', 1_000_000_000n],
  ['1970-01-01T00:00:00.000000001Z', 1n],
  ['1970-01-01T01:00:00.5+01:00', 500_000_000n],
  // As Grafana sends it: the plus of the offset is not encoded.
  ['1970-01-01T01:00:00.5 01:00', 500_000_000n],
  ['1970-01-01T00:00:00z', 0n],
  ['yesterday', undefined],
  ['1970-13-01T00:00:00Z', undefined],
])('the time %s is %s ns', (text, ns) => {
  expect(rfc3339(text)).toBe(ns)
})

test('v1 takes microseconds, Go durations, attributes in both notations, and no more than a page', () => {
  const query =
    'service=s&operation=o&start=1&end=2&minDuration=1ms&maxDuration=2s&limit=9999&tags={"a":"1","error":"true"}&tag=b:c:d&lookback=1h'
  expect(findV1(new URLSearchParams(query))).toEqual({
    service: 's',
    operation: 'o',
    from: 1000n,
    to: 2000n,
    minDurationNs: 1_000_000n,
    maxDurationNs: 2_000_000_000n,
    limit: 1500,
    failed: true,
    attributes: { a: '1', b: 'c:d' },
  })
})

test.each([
  'start=x',
  'minDuration=5',
  'limit=-1',
  'tags={',
  'tags=[]',
  'tags={"a":1}',
  'minDuration=2s&maxDuration=1s',
  'tag=alone',
])('v1 refuses %s', (query) => {
  expect(() => findV1(new URLSearchParams(`service=s&${query}`))).toThrow(expect.objectContaining({ status: 400 }))
})

test('what Jaeger calls the fields of a span are attributes to look for, in the letters that they are kept in', () => {
  const asked = { 'scope.name': 'lib', 'span.status': 'error', 'span.kind': 'SERVER', 'resource.host.name': 'a', error: 'false' }
  expect(findV1(new URLSearchParams({ service: 's', tags: JSON.stringify(asked), tag: 'scope.version:1' }))).toEqual({
    service: 's',
    limit: 100,
    error: false,
    attributes: {
      'otel.scope.version': '1',
      'otel.scope.name': 'lib',
      'otel.status_code': 'ERROR',
      'span.kind': 'server',
      'resource.host.name': 'a',
    },
  })
})

test('v3 takes RFC 3339 times, and both names of the limit', () => {
  const range = 'query.start_time_min=1970-01-01T00:00:01Z&query.start_time_max=1970-01-01T00:00:02Z'
  expect(findV3(new URLSearchParams(`${range}&query.num_traces=7&query.attributes={"a":"b"}`))).toEqual({
    from: 1_000_000_000n,
    to: 2_000_000_000n,
    limit: 7,
    attributes: { a: 'b' },
  })
  expect(findV3(new URLSearchParams(`${range}&query.search_depth=5`)).limit).toBe(5)
  expect(() => findV3(new URLSearchParams('query.start_time_min=1'))).toThrow(expect.objectContaining({ status: 400 }))
})

test('v3 takes its parameters as Jaeger’s page says them since 2.19, and as it did before', () => {
  const asked = {
    serviceName: 'bookshop',
    operationName: 'GET /',
    startTimeMin: '1970-01-01T00:00:01Z',
    startTimeMax: '1970-01-01T00:00:02Z',
    searchDepth: '20',
    durationMin: '1ms',
    durationMax: '2ms',
    attributes: '{"error":"true"}',
  }
  const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const [now, before] = [(name: string) => name, snake].map((named) =>
    findV3(new URLSearchParams(Object.entries(asked).map(([name, value]) => [`query.${named(name)}`, value]))),
  )
  expect(now).toEqual({
    service: 'bookshop',
    operation: 'GET /',
    from: 1_000_000_000n,
    to: 2_000_000_000n,
    minDurationNs: 1_000_000n,
    maxDurationNs: 2_000_000n,
    limit: 20,
    failed: true,
  })
  expect(before).toEqual(now)
})

test('v3 says that it does not know filter expressions, rather than finding too much', () => {
  const range = 'query.startTimeMin=1970-01-01T00:00:01Z&query.startTimeMax=1970-01-01T00:00:02Z'
  expect(() => findV3(new URLSearchParams(`${range}&query.filter={}`))).toThrow(expect.objectContaining({ status: 501 }))
})
