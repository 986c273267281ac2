import { expect, test } from 'vitest'
import { bookshop } from '../query/bookshop.ts'
import { noBrowser, ONE, viewer } from './viewer.ts'

const view = viewer()

test.skipIf(noBrowser)('from a timeline to the slowest of its route, and what it did longer', async () => {
  view.receive(1)
  view.receive(2, bookshop(180_000))
  const page = await view.open(`/trace/${ONE}`)
  await page.getByRole('link', { name: 'Compare with…' }).click()
  await page.getByRole('link', { name: /^slowest/ }).click()
  await page.locator('.verdict').waitFor()
  expect(await page.locator('.verdict').innerText()).toMatch(/^B took 180 ms longer .*mostly\s+middleware in \+180 ms\.$/)
  expect(new URL(page.url()).search).toBe(`?a=${ONE}&b=${'2'.padStart(32, '0')}`)
  const span = page.locator('.changes.spans tr', { hasText: 'SessionMiddleware process_request' })
  expect(await span.innerText()).toMatch(/2\.10 ms\s+182 ms\s+\+180 ms/)
  await page.getByRole('link', { name: 'Swap A and B' }).click()
  await expect.poll(() => page.locator('.verdict').innerText()).toMatch(/^B took 180 ms less/)
})

test.skipIf(noBrowser)('an id can be pasted, and what is no id cannot', async () => {
  view.receive(1)
  view.receive(2)
  const page = await view.open('/compare')
  await page.getByLabel('Trace id').fill('no id')
  expect(await page.getByRole('button', { name: 'Compare' }).isDisabled()).toBe(true)
  await page.getByLabel('Trace id').fill('1')
  await page.keyboard.press('Enter')
  await page.getByText('Compare with another request of /books/<int:id>/').waitFor()
  await page.getByLabel('Trace id').fill('2')
  await page.keyboard.press('Enter')
  await page.getByText('Both took the same time').waitFor()
})
