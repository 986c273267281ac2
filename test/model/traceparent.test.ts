import { expect, test } from 'vitest'
import { formatTraceparent, parseTraceparent } from '../../src/model/traceparent.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'

test('a valid header is read whole', () => {
  expect(parseTraceparent(`00-${trace}-${span}-01`, 'a=b')).toEqual({
    traceId: trace,
    spanId: span,
    sampled: true,
    traceState: 'a=b',
  })
  expect(parseTraceparent(`00-${trace}-${span}-00`)?.sampled).toBe(false)
})

test('what is written is read back', () => {
  expect(parseTraceparent(formatTraceparent(trace, span, true))).toMatchObject({ traceId: trace, spanId: span, sampled: true })
})

test('a later version may have more after the flags, version 00 may not', () => {
  expect(parseTraceparent(`cc-${trace}-${span}-01-what-comes`)?.traceId).toBe(trace)
  expect(parseTraceparent(`00-${trace}-${span}-01-what-comes`)).toBeUndefined()
})

test.each([
  ['version ff', `ff-${trace}-${span}-01`],
  ['a zero trace id', `00-${'0'.repeat(32)}-${span}-01`],
  ['a zero span id', `00-${trace}-${'0'.repeat(16)}-01`],
  ['capital letters', `00-${trace.toUpperCase()}-${span}-01`],
  ['too short', `00-${trace.slice(1)}-${span}-01`],
  ['no text', undefined],
  ['two headers', [`00-${trace}-${span}-01`]],
  ['nonsense', 'hello'],
])('%s is no parent', (_what, header) => {
  expect(parseTraceparent(header)).toBeUndefined()
})
