import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Notification } from '../../src/alerts/notification.ts'
import { Outbox } from '../../src/alerts/outbox.ts'
import { slackMessage, targetsOf } from '../../src/alerts/targets.ts'

const notification: Notification = {
  id: 'firing@2026-11-21T00:05:00.000Z|Slow|shop',
  change: 'firing',
  alert: 'Slow',
  severity: 'warning',
  labels: { alertname: 'Slow', severity: 'warning', service: 'shop' },
  summary: 'Session <process_response> is slow & late',
  help: 'look',
  figure: 'p95',
  value: 182,
  threshold: 50,
  unit: 'ms',
  count: 40,
  since: '2026-11-21T00:00:00.000Z',
  resolvedAt: null,
  links: { slowest: 'http://127.0.0.1:7427/trace/a', typical: null, alerts: 'http://127.0.0.1:7427/alerts' },
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A receiver that answers with these statuses, in turn (the last one again and again), and hands out what it got. */
async function receiver(...statuses: number[]): Promise<{ url: string; next: () => Promise<{ path: string; body: unknown }> }> {
  const got: { path: string; body: unknown }[] = []
  const waiting: ((one: { path: string; body: unknown }) => void)[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const status = statuses.length > 1 ? (statuses.shift() as number) : (statuses[0] as number)
      const one = { path: request.url as string, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown }
      response.writeHead(status).end('said')
      if (status >= 300) return
      if (waiting.length > 0) waiting.shift()!(one)
      else got.push(one)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => (server.closeAllConnections(), server.close()))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: () => new Promise((resolve) => (got.length > 0 ? resolve(got.shift()!) : waiting.push(resolve))),
  }
}

function outbox(target: Parameters<typeof targetsOf>[0], options = {}): Outbox {
  const made = new Outbox(targetsOf(target)[0]!, { retryMs: 5, ...options })
  closers.push(() => made.close())
  return made
}
const none = { webhooks: [], slack: [], alertmanagers: [] }

test('a webhook gets the notification as it is', async () => {
  const { url, next } = await receiver(200)
  outbox({ ...none, webhooks: [`${url}/hook`] }).put(notification)
  expect(await next()).toEqual({ path: '/hook', body: notification })
})

test('Slack gets one text, with what is markup there escaped', async () => {
  const { url, next } = await receiver(200)
  outbox({ ...none, slack: [url] }).put(notification)
  const { text } = (await next()).body as { text: string }
  expect(text).toContain('Session &lt;process_response&gt; is slow &amp; late')
  expect(text).toContain('<http://127.0.0.1:7427/trace/a|slowest>')
  expect(slackMessage({ ...notification, change: 'resolved' }).text).toMatch(/^:white_check_mark:/)
})

test('a target that fails is tried again until it gets everything, in order', async () => {
  const { url, next } = await receiver(500, 503, 200)
  const box = outbox({ ...none, webhooks: [url] })
  box.put(notification)
  box.put({ ...notification, change: 'resolved' })
  expect((await next()).body).toMatchObject({ change: 'firing' })
  expect((await next()).body).toMatchObject({ change: 'resolved' })
  await expect.poll(() => box.status()).toMatchObject({ delivered: 2, waiting: 0, dropped: 0, lastError: null })
})

test('a target that is gone is shown as failing, and what waits for it is bounded and counted', async () => {
  const box = outbox({ ...none, webhooks: ['http://127.0.0.1:9/'] }, { limit: 3 })
  for (let i = 0; i < 5; i++) box.put(notification)
  await expect.poll(() => box.status().lastError).toMatch(/fetch failed|ECONNREFUSED|bad port/)
  expect(box.status()).toMatchObject({ delivered: 0, waiting: 3, dropped: 2 })
})

test('a target is shown without the path that is its password', () => {
  const [target] = targetsOf({ ...none, slack: ['https://user:word@hooks.example/services/T0/B0/secret?key=1'] })
  expect(target?.name).toBe('slack https://hooks.example/…')
})

test('a target that hangs is given up on and tried again', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => (server.closeAllConnections(), server.close()))
  const box = outbox({ ...none, webhooks: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] }, { timeoutMs: 20 })
  box.put(notification)
  await expect.poll(() => box.status().lastError).toMatch(/timeout|aborted/i)
})

test('that something still fires, however often it is said, pushes out no change', async () => {
  const target = { name: 'deaf', refreshed: true, deliver: () => Promise.reject(new Error('nobody there')) }
  const box = new Outbox(target, { limit: 4, retryMs: 60_000 })
  closers.push(() => box.close())
  const of = (service: string): Notification => ({ ...notification, labels: { ...notification.labels, service } })
  box.put(of('a'))
  box.put(of('b'))
  for (let minute = 0; minute < 10; minute++) for (const service of ['a', 'b', 'c', 'd', 'e']) box.refresh(of(service))
  expect(box.waiting().notifications.map(({ labels }) => labels['service'])).toEqual(['a', 'b'])
  expect(box.status().waiting).toBe(4)
})

test.each([400, 413, 422])(
  'a message that a target refuses with %d is dropped and counted; the next one arrives',
  async (status) => {
    const { url, next } = await receiver(status, 200)
    const box = outbox({ ...none, webhooks: [url] })
    box.put(notification)
    box.put({ ...notification, change: 'resolved' })
    expect((await next()).body).toMatchObject({ change: 'resolved' })
    await expect.poll(() => box.status(), { timeout: 15_000 }).toMatchObject({ delivered: 1, waiting: 0, dropped: 1 })
  },
)

test('a name and a password in the address of a target are sent as such', async () => {
  const server = createServer((request, response) => {
    response.end()
    server.emit('told', request.headers.authorization)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => (server.closeAllConnections(), server.close()))
  const told = once(server, 'told')
  outbox({ ...none, alertmanagers: [`http://us%40er:100%@127.0.0.1:${(server.address() as AddressInfo).port}`] }).put(
    notification,
  )
  expect(await told).toEqual([`Basic ${btoa('us@er:100%')}`])
})

test('two channels of one Slack have two names', () => {
  const slack = ['https://hooks.example/services/T0/B0/one', 'https://hooks.example/services/T0/B0/two']
  expect(targetsOf({ ...none, slack }).map(({ name }) => name)).toEqual([
    'slack https://hooks.example/…',
    'slack https://hooks.example/… (2)',
  ])
})
