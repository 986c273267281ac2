import { describe, expect, test } from 'vitest'
import { originOf, redactUrl } from '../../src/client/url.ts'

describe('a recorded URL', () => {
  test.each([
    ['/books?page=2&sort=title', '/books?page=2&sort=title'],
    ['/books?access_token=abc&page=2', '/books?access_token=REDACTED&page=2'],
    ['/books?API-Key=abc', '/books?API-Key=REDACTED'],
    ['/books?%74oken=abc', '/books?%74oken=REDACTED'],
    ['/s3?X-Amz-Signature=abc&X-Amz-Date=1', '/s3?X-Amz-Signature=REDACTED&X-Amz-Date=1'],
    ['/s3?sig=abc&AWSAccessKeyId=me', '/s3?sig=REDACTED&AWSAccessKeyId=REDACTED'],
    ['/login?password=&next=/', '/login?password=REDACTED&next=/'],
    ['/login?%E0%A4%A=1', '/login?%E0%A4%A=1'],
    ['/books?design=flat', '/books?design=flat'],
    ['/books#access_token=abc', '/books'],
  ])('%s becomes %s', (path, expected) => {
    expect(redactUrl('https://books.test', path)).toBe(`https://books.test${expected}`)
  })

  test('has no user info', () => {
    expect(redactUrl('https://me:secret@books.test', '/')).toBe('https://REDACTED:REDACTED@books.test/')
  })

  test('is at most 2,048 characters of path', () => {
    expect(redactUrl('', `/${'a'.repeat(9_999)}`)).toHaveLength(2_048)
  })
})

test('an origin leaves out the port that goes without saying, and brackets an address of version 6', () => {
  expect(originOf('https:', 'books.test')).toEqual({ origin: 'https://books.test', host: 'books.test', port: 443 })
  expect(originOf('http:', '::1', 8080)).toEqual({ origin: 'http://[::1]:8080', host: '::1', port: 8080 })
  expect(originOf('http:', '[::1]', 80).origin).toBe('http://[::1]')
})
