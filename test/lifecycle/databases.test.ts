import { expect, onTestFinished, test } from 'vitest'
import { closeOldConnections, HttpResponse, path, transactions } from '../../src/lifecycle/index.ts'
import { served } from './served.ts'

test('requests that run at the same time have transactions of their own: one commits, the other rolls back', async () => {
  const events: string[] = []
  let opened = 0
  const atomic = transactions({
    begin: async () => ++opened,
    commit: (connection) => void events.push(`commit ${connection}`),
    rollback: (connection) => {
      events.push(`rollback ${connection}`)
      throw new Error('the rollback fails too')
    },
  })
  const both = Promise.withResolvers<void>()
  let running = 0
  const together = async (): Promise<number | undefined> => {
    if (++running === 2) both.resolve()
    await both.promise
    return atomic.current()
  }
  const { get, log } = await served({
    atomicRequests: atomic,
    urls: [
      path('good', async () => new HttpResponse(String(await together()))),
      path('bad', async () => {
        throw new Error(`on ${await together()}`)
      }),
    ],
  })
  const [good, bad] = await Promise.all([get('/good'), get('/bad')])
  const other = good.body === '1' ? 2 : 1
  expect([good.status, bad.status, events.toSorted()]).toEqual([200, 500, [`commit ${good.body}`, `rollback ${other}`]])
  expect((log[0]?.error as Error | undefined)?.message).toBe(`on ${other}`)
  expect(atomic.current()).toBeUndefined()
})

test('old connections are looked after when a request starts and when it has finished, and failing at it harms nobody', async () => {
  let calls = 0
  const { get, app } = await served({ urls: [path('', () => new HttpResponse(String(calls)))] })
  const stop = closeOldConnections(() => {
    if (++calls === 2) throw new Error('cannot close')
    return Promise.reject(new Error('cannot close'))
  }, app)
  onTestFinished(stop)
  expect([(await get('/')).body, (await get('/')).body]).toEqual(['1', '3'])
  stop()
  expect((await get('/')).body).toBe('4')
})
