import { expect, test } from 'vitest'
import { stitch } from '../../src/stitch/stitch.ts'
import { summarise } from '../../src/stitch/summary.ts'
import { bookshop, spansOf, type Part } from '../query/bookshop.ts'

const client = (inside: readonly Part[], status: number): Part => ({
  phase: 'client',
  name: 'GET',
  service: 'traffic',
  from: 0,
  to: 100,
  attributes: { 'http.response.status_code': status },
  ...(status >= 400 && { failed: String(status) }),
  inside,
})
const gateway = (status: number, failed?: string): Part => ({
  phase: 'gateway',
  name: 'GET /',
  service: 'shop',
  from: 10,
  to: 90,
  attributes: { 'http.response.status_code': status },
  ...(failed !== undefined && { failed }),
})
const summaryOf = (root: Part): ReturnType<typeof summarise> => summarise(stitch(spansOf(root)))

test('a request is named after the app, not after the proxy in front of it', () => {
  const { service, name, services } = summaryOf(bookshop())
  expect([service, name]).toEqual(['bookshop', 'GET /books/<int:id>/'])
  expect(services).toEqual(['bookshop', 'edge', 'traffic'])
})

test('without an app it is named after who answered', () => {
  const proxy: Part = {
    phase: 'proxy',
    name: 'GET',
    service: 'edge',
    from: 10,
    to: 90,
    attributes: { 'http.route': '/static/*' },
  }
  expect(summaryOf(client([proxy], 200))).toMatchObject({ service: 'edge', route: '/static/*' })
  expect(summaryOf(client([], 200)).service).toBe('traffic')
})

test('a 4xx is an answer, though its client calls it an error; a 5xx is a failure, and so is what the app calls one', () => {
  expect(summaryOf(client([gateway(404)], 404)).error).toBe(false)
  expect(summaryOf(client([gateway(500, 'boom')], 500)).error).toBe(true)
  expect(summaryOf(client([gateway(400, 'bad JSON')], 400)).error).toBe(true)
  expect(summaryOf(client([], 404)).error).toBe(true)
})
