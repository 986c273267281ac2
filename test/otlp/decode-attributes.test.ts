import { expect, test } from 'vitest'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import type { Span, Value } from '../../src/model/span.ts'
import { numbers, traceOf } from '../bench/traces.ts'

const [sample] = traceOf(numbers(1), 1, 10n ** 18n) as [Span]

/** Decoded from bytes of their own, as they come in one body after the other. */
function decoded(attributes: ReadonlyMap<string, Value>): Span {
  const [span] = decodeSpans(encodeSpans([{ ...sample, attributes }]))
  return span as Span
}

test('attributes that come again and again with the same bytes are one map, and say the same each time', () => {
  const attributes = new Map<string, Value>([
    ['one line', 'of code'],
    ['count', 3],
    ['yes', true],
  ])
  const spans = [1, 2, 3, 4].map(() => decoded(attributes))
  for (const span of spans) expect([...span.attributes]).toEqual([...attributes])
  expect(spans[3]?.attributes).toBe(spans[2]?.attributes)
})

test('those with lists or records are never shared: whoever gets them may change them', () => {
  const attributes = new Map<string, Value>([
    ['list', ['a']],
    ['record', { a: 1 }],
  ])
  const spans = [1, 2, 3, 4].map(() => decoded(attributes))
  const list = spans[3]?.attributes.get('list') as Value[]
  list.push('b')
  expect(decoded(attributes).attributes.get('list')).toEqual(['a'])
})

test('what differs in one byte is told apart, whatever its length', () => {
  for (let length = 0; length < 600; length += 7) {
    for (const end of ['a', 'b', 'a', 'a', 'b', 'b'])
      expect(decoded(new Map([['key', 'x'.repeat(length) + end]])).attributes.get('key')).toBe('x'.repeat(length) + end)
  }
})

test('attributes in two rows, with another field between, are one map; of a repeated key the last counts', () => {
  const attribute = (key: string, value: string): number[] => {
    const text = (field: number, content: string): number[] => [(field << 3) | 2, content.length, ...Buffer.from(content)]
    const inner = text(1, value)
    const pair = [...text(1, key), 0x12, inner.length, ...inner]
    return [0x4a, pair.length, ...pair]
  }
  const ids = [0x0a, 16, ...Array.from({ length: 16 }, () => 7), 0x12, 8, ...Array.from({ length: 8 }, () => 9)]
  const span = [...ids, ...attribute('a', '1'), ...attribute('b', '2'), 0x30, 1, ...attribute('a', '3')]
  const scope = [0x12, span.length, ...span]
  const resource = [0x12, scope.length, ...scope]
  for (let time = 0; time < 3; time++) {
    const [read] = decodeSpans(Uint8Array.from([0x0a, resource.length, ...resource]))
    expect([...(read as Span).attributes]).toEqual([
      ['a', '3'],
      ['b', '2'],
    ])
  }
})
