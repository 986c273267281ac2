import { expect, test } from 'vitest'
import { bookshop, spansOf } from '../query/bookshop.ts'
import { served } from '../query/fixture.ts'
import { openBrowser, openPage } from './browser.ts'
import { noBrowser, viewer } from './viewer.ts'

const view = viewer()

test.skipIf(noBrowser)('an empty list says what to do, and fills by itself', async () => {
  const page = await view.open('/')
  await page.getByText('No requests yet').waitFor()
  await page.getByText('OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node --import phaseline/register app.js').waitFor()
  await page.getByText('live', { exact: true }).waitFor()
  view.receive(1)
  await page.locator('a.request').waitFor()
  expect(await page.locator('a.request').innerText()).toMatch(/GET\s+\/books\/<int:id>\/\s+200/)
})

test.skipIf(noBrowser)('an empty list names the very addresses that spans are received at, and what was refused', async () => {
  await view.serving.close()
  const otlp = { http: 'http://0.0.0.0:14318', grpc: 'http://[::]:14317', token: true }
  const spans = { accepted: 0, stored: 0, pending: 0, dropped: 0, refused: 3 }
  view.serving = await served({ stats: () => ({ ...spans, startedAt: new Date(0), forwarding: [], otlp }) })
  const page = await view.open('/')
  await page.getByText('3 spans came and could not be taken').waitFor()
  const steps = await page.locator('.steps').innerText()
  expect(steps).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:14318 node --import phaseline/register app.js')
  expect(steps).toContain("OTEL_EXPORTER_OTLP_HEADERS='authorization=Bearer TOKEN'")
  expect(steps).toContain('OTLP/gRPC at http://127.0.0.1:14317')
  await page.getByRole('button', { name: 'Copy command' }).first().click()
  expect(await page.evaluate('navigator.clipboard.readText()')).toContain('http://127.0.0.1:14318 node')
})

test.skipIf(noBrowser)(
  'a filter that means nothing is said, with the way out; one that nothing fits can be widened',
  async () => {
    view.receive(1)
    // A browser of its own: its console calls an answer of 400 an error.
    const context = await openBrowser()
    const { page } = await openPage(context, `${view.serving.url}/?status=99x`)
    await page.getByText('status=99x: a status code such as 404, or a class such as 5xx').waitFor()
    await page.getByRole('link', { name: 'Without that' }).click()
    await page.locator('a.request').waitFor()
    await page.getByLabel('Search').fill('books')
    await page.getByLabel('Status').selectOption('5xx')
    await page.getByRole('link', { name: 'Search for “books” alone' }).click()
    await page.locator('a.request').waitFor()
    expect(new URL(page.url()).search).toBe('?q=books')
    await context.close()
  },
)

test.skipIf(noBrowser)('new requests come in at the top; while somebody reads they wait behind a button', async () => {
  view.receive(1)
  const page = await view.open('/')
  await page.getByText('live', { exact: true }).waitFor()
  view.receive(2)
  await page.locator('a.request').nth(1).waitFor()
  expect(await page.locator('a.request').first().getAttribute('href')).toContain('2'.padStart(32, '0'))
  const top = async (): Promise<number | undefined> => (await page.locator('a.request').first().boundingBox())?.y
  await page.locator('a.request').first().hover()
  const pointedAt = await top()
  view.receive(3)
  const button = page.getByRole('button', { name: '1 new request' })
  await button.waitFor()
  expect(await page.locator('a.request').count()).toBe(2)
  expect(await top()).toBe(pointedAt)
  await button.click()
  await expect.poll(() => page.locator('a.request').count()).toBe(3)
})

test.skipIf(noBrowser)('a filter is in the URL and narrows the list, also after a reload', async () => {
  view.receive(1)
  view.receive(2, bookshop(900_000))
  const page = await view.open('/')
  await page.getByLabel('At least, milliseconds').fill('500')
  await expect.poll(() => page.locator('a.request').count()).toBe(1)
  expect(new URL(page.url()).search).toBe('?minMs=500')
  await page.reload()
  await page.locator('a.request').waitFor()
  expect(await page.locator('a.request').count()).toBe(1)
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(() => page.locator('a.request').count()).toBe(2)
})

test.skipIf(noBrowser)('phase, middleware and state narrow the list too', async () => {
  const now = BigInt(Date.now()) * 1_000_000n
  view.receive(1, bookshop(), now)
  view.receive(2, { phase: 'gateway', name: 'GET /', from: 0, to: 5, failed: 'boom' }, now)
  const page = await view.open('/')
  const rows = page.locator('a.request')
  await rows.nth(1).waitFor()
  await page.getByLabel('Phase', { exact: true }).selectOption('dns')
  await expect.poll(() => rows.count()).toBe(1)
  await page.getByLabel('Middleware', { exact: true }).selectOption('SessionMiddleware')
  await expect.poll(() => view.serving.store.searches.at(-1)?.middleware).toBe('SessionMiddleware')
  expect(new URL(page.url()).search).toBe('?phase=dns&middleware=SessionMiddleware')
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(() => rows.count()).toBe(2)
  await page.getByLabel('State').selectOption('Failed')
  await expect.poll(() => rows.count()).toBe(1)
  expect(await rows.getAttribute('href')).toBe(`/trace/${'2'.padStart(32, '0')}`)
})

test.skipIf(noBrowser)('the page says so, keeps what it knows, and is live again when it is back', async () => {
  const context = await openBrowser()
  const first = await served()
  first.store.receive(spansOf(bookshop(), 1))
  const { page: left } = await openPage(context, first.url)
  await left.locator('a.request').waitFor()
  await left.getByText('live', { exact: true }).waitFor()
  await first.close()
  await left.getByText('disconnected', { exact: true }).waitFor()
  expect(await left.locator('a.request').count()).toBe(1)
  const second = await served({ port: first.port })
  second.store.receive(spansOf(bookshop(), 1))
  second.store.receive(spansOf(bookshop(), 2))
  await left.getByText('live', { exact: true }).waitFor()
  await expect.poll(() => left.locator('a.request').count()).toBe(2)
  await context.close()
  await second.close()
})

test.skipIf(noBrowser)(
  'a page that nobody looks at leaves its connection to others, and catches up when somebody does',
  async () => {
    view.receive(1)
    const page = await view.open('/')
    await page.locator('a.request').waitFor()
    await page.getByText('live', { exact: true }).waitFor()
    await page.clock.install()
    const hide = (hidden: boolean): Promise<unknown> =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} })
      document.dispatchEvent(new Event('visibilitychange'))`)
    const closed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/live'))
    await Promise.all([closed, hide(true).then(() => page.clock.fastForward(10_000))])
    view.receive(2)
    await hide(false)
    await expect.poll(() => page.locator('a.request').count()).toBe(2)
    await page.getByText('live', { exact: true }).waitFor()
  },
)

test.skipIf(noBrowser)('at a glance: how many, how long, and where the time of all of them went', async () => {
  const now = BigInt(Date.now()) * 1_000_000n
  view.receive(1, bookshop(180_000), now)
  view.receive(2, bookshop(180_000), now)
  const page = await view.open('/')
  const glance = page.getByLabel('Where the time of these requests went')
  await expect.poll(() => glance.innerText()).toMatch(/^2 requests, p50 21\d ms, p95 21\d ms\s+middleware in\s+\d\d\.\d %/)
  view.receive(3, { phase: 'gateway', name: 'GET /', from: 0, to: 5, failed: 'boom' }, now)
  await glance.getByRole('link', { name: '1 failed' }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('?error=1')
  await page.goBack()
  await glance.getByRole('link', { name: /middleware in/ }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('?phase=middleware.request')
})

test.skipIf(noBrowser)(
  'a part of the picture is selected by keys, which its name says, and the list narrowed to it',
  async () => {
    const now = BigInt(Date.now()) * 1_000_000n
    for (let number = 1; number <= 8; number++) view.receive(number, bookshop(), now - BigInt(9 - number) * 10_000_000_000n)
    const page = await view.open('/')
    const rows = page.locator('a.request')
    await rows.nth(7).waitFor()
    const chart = page.getByRole('application', { name: /^Latency over time of 8 requests.* Arrow keys select/ })
    await chart.press('ArrowLeft')
    await page.locator('.rubber').waitFor()
    expect(await page.locator('.picture [role=status]').innerText()).toMatch(/: 2 requests\. Enter narrows the list\.$/)
    await chart.press('Enter')
    await expect.poll(() => rows.count()).toBe(2)
    expect(new URL(page.url()).searchParams.get('from')).toMatch(/^\d{19}$/)
    expect(await page.locator('.rubber').count()).toBe(0)
  },
)

test.skipIf(noBrowser)('Escape gives a selection up', async () => {
  view.receive(1)
  const page = await view.open('/')
  const chart = page.locator('.plot')
  await chart.press('ArrowRight')
  await page.locator('.rubber').waitFor()
  await chart.press('Escape')
  await expect.poll(() => page.locator('.rubber').count()).toBe(0)
  expect(new URL(page.url()).search).toBe('')
})

test.skipIf(noBrowser)('one that is still running says so, and counts apart', async () => {
  view.receive(1)
  view.receive(2, { phase: 'gateway', name: 'GET /slow', from: 0, to: 900_000, attributes: { 'phaseline.in_flight': true } })
  const page = await view.open('/')
  await page.locator('a.request .status', { hasText: 'running' }).waitFor()
  expect(await page.getByLabel('Where the time of these requests went').innerText()).toMatch(/^1 request, .* · 1 running/)
  await page.getByLabel('State').selectOption('Running')
  const glance = page.getByLabel('Where the time of these requests went')
  await expect.poll(() => glance.innerText()).toMatch(/^1 running\s+gateway\s+100\.0 %$/)
})
