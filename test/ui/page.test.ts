import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { bookshop } from '../query/bookshop.ts'
import { served } from '../query/fixture.ts'
import { noBrowser, ONE, viewer } from './viewer.ts'

const view = viewer()

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Findings {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[]
}

/** Serious findings of the accessibility checker, in words. */
async function seriousFindings(page: Page): Promise<string[]> {
  // Playwright evaluates outside of the page's policy.
  await page.evaluate(axe)
  const found = await page.evaluate<Findings>(
    'axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } })',
  )
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary}`))
}

test.skipIf(noBrowser)('strings from spans are shown and never run', async () => {
  const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
  const attributes = { 'http.route': evil, 'http.request.method': evil, [evil]: evil, __proto__: null, 'code.file.path': evil }
  view.receive(1, { phase: 'gateway', name: evil, service: evil, from: 0, to: 5, failed: evil, attributes })
  const page = await view.open('/')
  await page.locator('a.request').click()
  await page.locator('.waterfall .row').first().click()
  await page.locator('.details .pairs').first().waitFor()
  expect(await page.locator('.details h2').innerText()).toBe(evil)
  expect(await page.evaluate('window.hacked')).toBeUndefined()
  expect(await page.locator('#page img, #page script').count()).toBe(0)
})

test.skipIf(noBrowser)('a link to Jaeger that is no web address is not offered', async () => {
  await view.serving.close()
  view.serving = await served({ jaegerUrl: 'javascript:alert(1)//' })
  view.receive(1)
  const page = await view.open(`/trace/${ONE}`)
  await page.locator('.waterfall .row').first().waitFor()
  expect(await page.getByText('Open in Jaeger').count()).toBe(0)
})

test.skipIf(noBrowser)('the switches of the demo are in the header and set what they say', async () => {
  view.controls.push({ id: 'slow', label: 'Slow middleware', on: false })
  const page = await view.open('/')
  const toggle = page.getByRole('switch', { name: 'Slow middleware' })
  await toggle.click()
  await expect.poll(() => toggle.getAttribute('aria-checked')).toBe('true')
  expect(view.controls).toEqual([{ id: 'slow', label: 'Slow middleware', on: true }])
})

test.skipIf(noBrowser)('the first stop of the keyboard skips the header', async () => {
  view.receive(1)
  const page = await view.open('/middleware')
  await page.getByLabel('Phase', { exact: true }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Phase')
  expect(new URL(page.url()).pathname + new URL(page.url()).hash).toBe('/middleware')
})

test.skipIf(noBrowser)('the menu of a row is whole at 390 pixels', async () => {
  view.receive(1, undefined, BigInt(Date.now()) * 1_000_000n)
  const page = await view.open('/middleware')
  await page.setViewportSize({ width: 390, height: 800 })
  await page.locator('.menu summary').first().click()
  const box = await page.locator('.menu[open] .choices').boundingBox()
  expect(box?.x).toBeGreaterThanOrEqual(0)
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390)
})

test.skipIf(noBrowser)('light and dark follow the system until somebody chooses, and the choice stays', async () => {
  view.receive(1)
  const page = await view.open('/')
  const background = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await background()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await background()
  expect(dark).not.toBe(light)
  const button = page.getByRole('button', { name: /^Colours/ })
  await button.click()
  await button.click()
  await expect.poll(background).toBe(light)
  await page.reload()
  await expect.poll(background).toBe(light)
  await button.click()
  await expect.poll(background).toBe(dark)
  await page.emulateMedia({ colorScheme: null })
})

/** Two timelines. */
const COMPARED = `/compare?a=${ONE}&b=${'3'.padStart(32, '0')}`

const ROUTES = '/compare?lastMs=60000'
const PHASES = `${ROUTES}&route=${encodeURIComponent('/books/<int:id>/')}`

/** What is there once a page is. */
const SHOWN: Readonly<Record<string, string>> = {
  '/': 'a.request',
  '/status': '.facts',
  '/middleware': '.hooks tbody',
  '/alerts': '.cause',
  [COMPARED]: '.verdict',
  [ROUTES]: '.changes',
  [PHASES]: '.changes',
}

test.skipIf(noBrowser).each([
  ['the list', '/', 'light'],
  ['the list', '/', 'dark'],
  ['a timeline', `/trace/${ONE}?span=0000000100000011`, 'light'],
  ['a timeline', `/trace/${ONE}?span=0000000100000011`, 'dark'],
  ['the status', '/status', 'light'],
  ['the middleware', '/middleware', 'light'],
  ['the middleware', '/middleware', 'dark'],
  ['the alerts', '/alerts', 'light'],
  ['the alerts', '/alerts', 'dark'],
  ['a comparison', COMPARED, 'light'],
  ['a comparison', COMPARED, 'dark'],
  ['routes in two windows', ROUTES, 'light'],
  ['routes in two windows', ROUTES, 'dark'],
  ['phases in two windows', PHASES, 'light'],
  ['phases in two windows', PHASES, 'dark'],
  ['the status', '/status', 'dark'],
] as const)('the accessibility checker finds nothing serious in %s (%s, %s)', async (_name, path, colorScheme) => {
  view.controls.push({ id: 'traffic', label: 'Traffic', on: true })
  view.receive(1)
  const now = BigInt(Date.now()) * 1_000_000n
  for (let number = 3; number < 33; number++) view.receive(number, bookshop(90_000), now)
  for (let number = 33; number < 63; number++) view.receive(number, bookshop(), now - 70_000_000_000n)
  view.alerts.tick()
  view.receive(2, {
    phase: 'gateway',
    name: 'GET /',
    from: 0,
    to: 5,
    failed: 'boom',
    attributes: { 'http.response.status_code': 500 },
  })
  const page = await view.open(path)
  await page.emulateMedia({ colorScheme })
  await page
    .locator(SHOWN[path] ?? '.details .pairs')
    .first()
    .waitFor()
  expect(await seriousFindings(page)).toEqual([])
})

test.skipIf(noBrowser)('a pill is as legible in a row that is pointed at or selected', async () => {
  view.receive(1, { phase: 'gateway', name: 'GET /', from: 0, to: 5, failed: 'boom' })
  const page = await view.open(`/trace/${ONE}`)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.locator('.waterfall .row').first().click()
  await page.locator('.details .pairs').first().waitFor()
  expect(await seriousFindings(page)).toEqual([])
})

test.skipIf(noBrowser)('nothing is cut off sideways at 360 pixels', async () => {
  view.controls.push({ id: 'traffic', label: 'Traffic', on: true }, { id: 'slow', label: 'Slow middleware', on: true })
  view.receive(1)
  view.receive(2, undefined, BigInt(Date.now()) * 1_000_000n)
  view.receive(3, undefined, BigInt(Date.now() - 70_000) * 1_000_000n)
  for (const path of [
    '/',
    `/trace/${ONE}`,
    '/middleware',
    '/alerts',
    `/compare?a=${ONE}&b=${'2'.padStart(32, '0')}`,
    ROUTES,
    PHASES,
    '/status',
  ]) {
    const page = await view.open(path)
    await page.setViewportSize({ width: 360, height: 740 })
    await page.locator('a.request, .waterfall .row, .facts, .hooks tbody, .calm, .verdict, .changes').first().waitFor()
    expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 360])
    if (path !== '/status') await page.close()
  }
})
