import { expect, test } from 'vitest'
import { sharing } from '../../src/collector/heads.ts'

const head = (resource: string, scope = 's') => ({ resource: Buffer.from(resource), scope: Buffer.from(scope) })

test('equal heads of several bodies are one object, others are not', () => {
  const one = sharing()(head('a'))
  const shared = sharing()
  expect([shared(head('a')) === one, shared(head('b')) === one, shared(head('a', 't')) === one]).toEqual([true, false, false])
  expect(shared(head('a')) === one).toBe(true)
  expect(one).toEqual(head('a'))
})

test('a resource is looked at once, however many scopes come with it', () => {
  let looked = 0
  const resource = Object.assign(Buffer.from('a resource'), {
    toString: (encoding: BufferEncoding) => (looked++, Buffer.prototype.toString.call(resource, encoding)),
  })
  const shared = sharing()
  for (let scope = 0; scope < 100; scope++) shared({ resource, scope: Buffer.from(String(scope)) })
  expect(looked).toBe(1)
})

test('large resources, and many, are forgotten: nobody fills memory with them', () => {
  const first = sharing()(head('first'))
  const large = sharing()(head('x'.repeat(100_000)))
  expect(sharing()(head('x'.repeat(100_000))) === large).toBe(false)
  for (let number = 0; number < 300; number++) sharing()(head(`${number}`.padEnd(60_000)))
  expect(sharing()(head('first')) === first).toBe(false)
  const last = sharing()(head('last'))
  expect(sharing()(head('last')) === last).toBe(true)
})
