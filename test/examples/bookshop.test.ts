import { expect, onTestFinished, test, vi } from 'vitest'
import { ask, cookiesOf, type Answer, type Asking } from '../lifecycle/served.ts'
import { app } from './bookshop.ts'

test('the example shop lists, shows, sells by POST with a token, searches, and has its own 404', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  const { port } = await app.listen(0)
  onTestFinished(() => app.close())
  const get = (target: string, asking?: Asking): Promise<Answer> => ask(port, target, asking)
  expect((await get('/books/')).body).toContain('<a href="/books/1/">Middlemarch</a>')
  const page = await get('/books/1/')
  expect([page.body, page.headers['server-timing'], page.headers['x-frame-options']]).toEqual([
    expect.stringContaining('<h1>Middlemarch</h1><p>3 left</p><p></p>'),
    expect.stringMatching(/^app;dur=/),
    'DENY',
  ])
  expect((await get('/books/1/buy/')).status).toBe(405)
  expect((await get('/books/1/buy/', { method: 'POST' })).status).toBe(403)
  expect((await get('/books/1')).headers.location).toBe('/books/1/')
  expect(await get('/api/books/?title=Moby')).toMatchObject({ status: 200, body: '[{"id":2,"title":"Moby-Dick","stock":0}]' })
  expect((await get('/api/books/?title=M')).status).toBe(422)
  expect(await get('/nowhere/')).toMatchObject({ status: 404, body: '<h1>No such page</h1>' })
  const body = `csrfmiddlewaretoken=${/name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page.body)?.[1]}`
  const headers = { cookie: cookiesOf(page), 'content-type': 'application/x-www-form-urlencoded' }
  const bought = await get('/books/1/buy/', { method: 'POST', headers, body })
  expect([bought.status, bought.headers.location]).toEqual([302, '/books/1/'])
  const after = await get('/books/1/', { headers: { cookie: `${cookiesOf(page)}; ${cookiesOf(bought)}` } })
  expect(after.body).toContain('<p>2 left</p><p>Bought Middlemarch</p>')
})
