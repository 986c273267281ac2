import { expect, test } from 'vitest'
import { originOf } from '../../src/client/url.ts'

test('an origin leaves out the port that goes without saying, and brackets an address of version 6', () => {
  expect(originOf('https:', 'books.test')).toEqual({ origin: 'https://books.test', host: 'books.test', port: 443 })
  expect(originOf('http:', '::1', 8080)).toEqual({ origin: 'http://[::1]:8080', host: '::1', port: 8080 })
  expect(originOf('http:', '[::1]', 80).origin).toBe('http://[::1]')
})
