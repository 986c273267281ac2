import { expect, test } from 'vitest'
import { bookshop } from '../query/bookshop.ts'
import { noBrowser, ONE, viewer } from './viewer.ts'

const view = viewer()

const now = (): bigint => BigInt(Date.now() - 1000) * 1_000_000n
const first = (): Promise<string> => view.page.locator('.hooks .who b').first().innerText()

test.skipIf(noBrowser)('each middleware has its hooks under one bracket, and the figures follow what comes in', async () => {
  view.receive(1, bookshop(), now())
  const page = await view.open('/middleware')
  const session = page.locator('.hooks tbody', { hasText: 'SessionMiddleware' })
  await session.waitFor()
  expect(await session.locator('tr').count()).toBe(2)
  expect(await session.locator('tr').first().innerText()).toMatch(/in process_request\s+1\s+2\.\d+ ms/)
  view.receive(2, bookshop(), now())
  await session.locator('td.calls', { hasText: /^2$/ }).first().waitFor()
})

test.skipIf(noBrowser)('order and filter are in the URL, and other phases are seen the same way', async () => {
  view.receive(1, bookshop(), now())
  const page = await view.open('/middleware')
  await page.getByRole('button', { name: 'Name' }).click()
  await expect.poll(first).toBe('AuthenticationMiddleware')
  await page.getByLabel('Phase', { exact: true }).selectOption('db')
  await expect.poll(first).toBe('SELECT book')
  expect(new URL(page.url()).search).toBe('?phase=db&sort=name&up=1')
  await page.reload()
  await expect.poll(first).toBe('SELECT book')
  await page.getByLabel('Phase', { exact: true }).selectOption('queue')
  await page.getByText('No queue ran').waitFor()
})

test.skipIf(noBrowser)('its slowest timeline opens with the cursor on it', async () => {
  view.receive(1, bookshop(), now())
  const page = await view.open('/middleware')
  await page.locator('.hooks tbody', { hasText: 'LocaleMiddleware' }).getByText('Slowest timeline').last().click()
  await page.locator('.row[aria-selected=true]', { hasText: 'LocaleMiddleware process_response' }).waitFor()
  expect(new URL(page.url()).pathname).toBe(`/trace/${ONE}`)
  expect(await page.getByLabel('Find a span').inputValue()).toBe('LocaleMiddleware process_response')
})

test.skipIf(noBrowser)(
  'what changed in its route against the time before is one click away, and it stands out there',
  async () => {
    const [before, after] = [Date.now() - 400_000, Date.now() - 100_000]
    for (let number = 1; number <= 20; number++) {
      view.receive(number, bookshop(), BigInt(before + number * 1000) * 1_000_000n)
      view.receive(100 + number, bookshop(90_000), BigInt(after + number * 1000) * 1_000_000n)
    }
    const page = await view.open(`/middleware?route=${encodeURIComponent('/books/<int:id>/')}&windowMs=300000`)
    const menu = page.locator('.hooks tbody', { hasText: 'LocaleMiddleware' }).locator('.menu').first()
    await menu.locator('summary').click()
    await menu.getByText('What changed since before').click()
    await page.locator('.changes tr.looked', { hasText: 'LocaleMiddleware' }).first().waitFor()
    expect(await page.locator('.changes tr.looked').count()).toBe(2)
  },
)

test.skipIf(noBrowser)('the menu of a row opens and closes from the keyboard, and closes when left', async () => {
  view.receive(1, bookshop(), now())
  const page = await view.open('/middleware')
  const menu = page.locator('.hooks .menu').first()
  const choices = menu.locator('.choices')
  await menu.locator('summary').focus()
  await page.keyboard.press('Enter')
  await choices.getByText('A typical timeline').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Escape')
  await choices.waitFor({ state: 'hidden' })
  expect(await menu.locator('summary:focus').count()).toBe(1)
  await page.keyboard.press('Enter')
  await choices.waitFor()
  await page.locator('.foot').click()
  await choices.waitFor({ state: 'hidden' })
})
