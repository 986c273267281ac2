import { expect, test } from 'vitest'
import { bookshop } from '../query/bookshop.ts'
import { noBrowser, viewer } from './viewer.ts'

const view = viewer()

/** Requests enough for the default rules, all slow in the session middleware. */
function slowRequests(): void {
  for (let number = 1; number <= 30; number++)
    view.receive(number, bookshop(90_000), BigInt(Date.now() - number * 100) * 1_000_000n)
  view.alerts.tick()
}

test.skipIf(noBrowser)('when nothing fires the page says what is watched for', async () => {
  const page = await view.open('/alerts')
  await page.getByText('Nothing fires, nothing is pending').waitFor()
  await page
    .getByText(
      /^1 call in 20 of any middleware takes longer than 50 ms of its own time \(p95\), over the last 5 min\. Fires when that lasts for 5 min/,
    )
    .waitFor()
  expect(await page.locator('.badge').count()).toBe(0)
})

test.skipIf(noBrowser)('what is pending shows its figure over time, its threshold, and the way to its timelines', async () => {
  slowRequests()
  const page = await view.open('/alerts')
  const cause = page.getByLabel('SlowMiddleware: SessionMiddleware')
  await cause.waitFor()
  expect(await cause.locator('li').innerText()).toMatch(
    /pending[^]*process_request[^]*limit 50.0 ms[^]*fires in \d+ (s|min) if it lasts[^]*1 call in 20 takes 9\d(\.\d)? ms or more of its own time \(p95\); the limit is 50 ms\./,
  )
  expect(await cause.locator('.chart').getAttribute('aria-label')).toMatch(
    /^p95 over 10 min, now 9\d\.\d ms; the threshold is 50.0 ms$/,
  )
  await cause.getByRole('link', { name: 'Slowest timeline of SessionMiddleware process_request' }).click()
  await page.locator('.row[aria-selected=true]', { hasText: 'SessionMiddleware process_request' }).waitFor()
})

test.skipIf(noBrowser)('what fires is counted in the header of every page', async () => {
  slowRequests()
  for (const alert of view.alerts.alerts()) alert.state = 'firing'
  const page = await view.open('/status')
  await page.locator('.badge', { hasText: '1' }).waitFor()
  await page.getByRole('link', { name: 'Alerts 1 firing' }).click()
  await page.locator('.cause.firing').waitFor()
  expect(await page.title()).toBe('(1) Alerts · Phaseline')
})

test.skipIf(noBrowser)('what changed since then is one click away, with the culprit pointed at', async () => {
  slowRequests()
  const page = await view.open('/alerts')
  await page.locator('summary').first().click()
  await page.getByRole('link', { name: 'What changed since before' }).click()
  await page.getByRole('heading', { name: /^What got slower/ }).waitFor()
  const { pathname, searchParams } = new URL(page.url())
  expect([pathname, searchParams.get('name')]).toEqual(['/compare', 'SessionMiddleware'])
  await page.getByRole('button', { name: 'Remove SessionMiddleware' }).waitFor()
})

test.skipIf(noBrowser)('of a collector that stopped answering it is not said that all is well', async () => {
  const page = await view.open('/alerts')
  await page.getByText('Nothing fires, nothing is pending').waitFor()
  await page.route('**/api/alerts', (route) => route.fulfill({ status: 200, contentType: 'application/json', body: 'gone' }))
  await page.locator('p.lost').waitFor()
  expect(await page.getByText('Nothing fires, nothing is pending').count()).toBe(0)
})

test.skipIf(noBrowser)('of what hangs the running timeline is offered', async () => {
  for (const age of [2, 20, 40])
    view.receive(
      1,
      {
        phase: 'gateway',
        name: 'GET /',
        from: 0,
        to: age * 1e6,
        attributes: { 'phaseline.in_flight': true },
        inside: [
          {
            phase: 'middleware.request',
            name: 'lock process_request',
            from: 1,
            to: age * 1e6,
            attributes: { 'phaseline.in_flight': true, 'phaseline.middleware.name': 'lock' },
          },
        ],
      },
      BigInt(Date.now() - 40_000) * 1_000_000n,
    )
  view.alerts.tick()
  const page = await view.open('/alerts')
  await page.getByText(/^Has been running for 40 s and has not ended; the limit is 30 s\.$/).waitFor()
  await page.getByRole('link', { name: 'Running timeline of lock' }).click()
  await page.locator('.row[aria-selected=true]', { hasText: 'lock' }).waitFor()
})
