import { expect, test } from 'vitest'
import { culpritOf } from '../../src/ui/timeline/culprit.ts'
import { bookshop, type Part } from '../query/bookshop.ts'
import { spanNamed, traceOf } from './traces.ts'

test('a middleware is blamed with all its hooks, and the longest of them is where to look', () => {
  const trace = traceOf(bookshop(90_000))
  expect(culpritOf(trace)).toEqual({
    name: 'SessionMiddleware',
    service: 'bookshop',
    times: 2,
    ns: (92_100 + 900) * 1000,
    span: spanNamed(trace, 'SessionMiddleware process_request'),
  })
})

test('many small queries of one name are one culprit', () => {
  const inside = Array.from({ length: 20 }, (_, at): Part => ({
    phase: 'db',
    name: 'SELECT book',
    from: at * 5 + 1,
    to: at * 5 + 5,
  }))
  const trace = traceOf({ phase: 'gateway', name: 'GET /', from: 0, to: 101, service: 'shop', inside })
  expect(culpritOf(trace)).toMatchObject({ name: 'SELECT book', times: 20, ns: 80_000 })
})

test('where the time is spread over many, none is blamed', () => {
  const inside = Array.from({ length: 10 }, (_, at): Part => ({
    phase: 'db',
    name: `SELECT ${at}`,
    from: at * 10,
    to: at * 10 + 10,
  }))
  expect(culpritOf(traceOf({ phase: 'gateway', name: 'GET /', from: 0, to: 100, service: 'shop', inside }))).toBeNull()
})
