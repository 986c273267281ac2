import { expect, test } from 'vitest'
import { getOptions } from '../../src/cli/get-options.ts'

test('a URL may be given without its scheme', () => {
  expect(getOptions(['localhost:8000/books?a=1'])).toMatchObject({ method: 'GET', repeat: 1, insecure: false })
  expect(getOptions(['localhost:8000/books?a=1'])?.url.href).toBe('http://localhost:8000/books?a=1')
})

test('data makes it a POST, unless a method is given', () => {
  expect(getOptions(['-d', 'a=1', 'http://x'])).toMatchObject({ method: 'POST', body: 'a=1' })
  expect(getOptions(['-X', 'put', '-d', 'a=1', 'http://x'])).toMatchObject({ method: 'PUT' })
})

test('headers are taken apart at their first colon', () => {
  expect(getOptions(['-H', 'a: b:c', '-H', 'x:', 'http://x'])?.headers).toEqual([
    ['a', 'b:c'],
    ['x', ''],
  ])
})

test.each([
  [[]],
  [['http://x', 'http://y']],
  [['ftp://x']],
  [['-H', 'nothing', 'http://x']],
  [['-n', '0', 'http://x']],
  [['-n', 'many', 'http://x']],
  [['--wait', '', 'http://x']],
])('wrong usage is told: %j', (args) => {
  expect(() => getOptions(args)).toThrow(expect.objectContaining({ code: 'PHASELINE_USAGE' }))
})
