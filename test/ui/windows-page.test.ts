import { expect, test } from 'vitest'
import { bookshop } from '../query/bookshop.ts'
import { noBrowser, viewer } from './viewer.ts'

const view = viewer()

const ROUTE = '/books/<int:id>/'

/** Twenty-five requests, one each second. @param first their first trace @param ago seconds before now when they begin @param slow microseconds */
function receive(first: number, ago: number, slow: number): void {
  const from = Date.now() - ago * 1000
  for (let number = 0; number < 25; number++)
    view.receive(first + number, bookshop(slow), BigInt(from + number * 1000) * 1_000_000n)
}

test.skipIf(noBrowser)('which route got slower, and by which middleware, is two clicks away', async () => {
  receive(1, 400, 0)
  receive(101, 100, 180_000)
  const page = await view.open('/')
  await page.getByRole('link', { name: 'Compare' }).click()
  const row = page.locator('.changes tbody tr')
  expect(await row.innerText()).toMatch(/\/books\/<int:id>\/ bookshop\s+25 → 25\s+[\d.]+ ms\s+[\d.]+ ms\s+\+180 ms/)
  await row.getByRole('link').click()
  await page.getByText('By phase of the whole request').waitFor()
  expect(await page.locator('.verdict').innerText()).toMatch(
    /^A typical request takes 180 ms longer .* Mostly\s+SessionMiddleware process_request \+180 ms in the mean\.$/,
  )
  const named = page.locator('section', { hasText: 'Inside the service' }).locator('tbody tr').first()
  expect(await named.innerText()).toMatch(
    /SessionMiddleware process_request\s+2\.1\d ms → 18\d ms\s+2\.1\d ms → 18\d ms\s+\+180 ms/,
  )
  await named.getByRole('link').click()
  await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/trace\/0+(6[5-9a-f]|7[0-9a-f])$/)
})

test.skipIf(noBrowser)('a time that was selected among the requests is compared with the same an hour before', async () => {
  receive(1, 3700, 0)
  receive(101, 100, 180_000)
  const to = BigInt(Date.now()) * 1_000_000n
  const page = await view.open(`/?route=${encodeURIComponent(ROUTE)}&from=${to - 110_000_000_000n}&to=${to}`)
  await page.getByRole('link', { name: 'What got slower here?' }).click()
  await page.getByText('No requests in the earlier window').waitFor()
  await page.getByLabel('Against').selectOption('an hour earlier')
  await page.locator('.verdict').waitFor()
  expect(await page.locator('.verdict').innerText()).toMatch(/^A typical request takes 180 ms longer/)
  expect(new URL(page.url()).searchParams.get('shiftMs')).toBe('3600000')
  expect(await page.locator('section', { hasText: 'Inside the service' }).innerText()).toContain(
    'Of every request that was recorded: 25 before, 25 after.',
  )
})

test.skipIf(noBrowser)('soon after the start, when there is nothing earlier, a shorter window is one click away', async () => {
  receive(1, 200, 0)
  const page = await view.open('/compare')
  const shorter = page.getByRole('link', { name: 'The last minute against the one before' })
  await shorter.click()
  await expect.poll(() => new URL(page.url()).search).toBe('?lastMs=60000')
  await page.getByLabel('Window').waitFor()
  expect(await shorter.count()).toBe(0)
})

test.skipIf(noBrowser)('a few requests are said to be few, and none what to do about it', async () => {
  view.receive(1, bookshop(), BigInt(Date.now() - 400_000) * 1_000_000n)
  view.receive(2, bookshop(), BigInt(Date.now() - 100_000) * 1_000_000n)
  const page = await view.open(`/compare?route=${encodeURIComponent(ROUTE)}`)
  await page.getByText('Only 1 request before and 1 after').waitFor()
  await page.goto(`${view.serving.url}/compare?service=nobody`)
  await page.getByText('No requests in either window').waitFor()
  await page.getByRole('button', { name: 'Remove nobody' }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('')
})
