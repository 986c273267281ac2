/**
 * Takes the README's pictures from the running demo: `node test/pictures.ts`. Needs Chromium. Real requests, so every run's
 * figures differ; look at the pictures before you commit them.
 */
import { mkdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { startDemo, type Demo } from '../src/demo/demo.ts'
import type { ListJson } from '../src/query/wire/list.ts'
import { openBrowser } from './ui/browser.ts'

const folder = new URL('../docs/', import.meta.url).pathname
mkdirSync(folder, { recursive: true })

/** The newest whole timeline of a plain book page on a connection of its own. */
async function bookPage(demo: Demo): Promise<string> {
  for (;;) {
    const answer = await fetch(`${demo.page}/api/timelines?q=${encodeURIComponent('/books/<int:id>/')}&limit=100`)
    const { items } = (await answer.json()) as ListJson
    const found = items.find(
      ({ phases, route, spanCount }) => phases['tls'] !== undefined && route === '/books/<int:id>/' && spanCount > 35,
    )
    if (found !== undefined) return found.traceId
    await pause(1_000)
  }
}

async function slow(demo: Demo, on: boolean): Promise<void> {
  await fetch(`${demo.page}/api/controls/slow-session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ on }),
  })
}

const demo = await startDemo({ port: 0, otlpPort: 0, shopPort: 0 })
await pause(50_000)
const trace = await bookPage(demo)
await slow(demo, true)
await pause(55_000)
const to = BigInt(Date.now()) * 1_000_000n
const slower = new URLSearchParams({ route: '/books/<int:id>/', from: String(to - 50_000_000_000n), to: String(to) })
const browser = await openBrowser()
const page = await browser.newPage()
await page.setViewportSize({ width: 1280, height: 860 })
for (const colorScheme of ['light', 'dark'] as const) {
  await page.emulateMedia({ colorScheme })
  for (const [name, path] of [
    ['requests', '/'],
    ['timeline', `/trace/${trace}`],
    ['middleware', '/middleware'],
    ['compare', `/compare?${slower.toString()}`],
    ['alerts', '/alerts'],
  ] as const) {
    await page.goto(demo.page + path)
    await page.waitForSelector('main')
    await pause(2_500)
    await page.screenshot({ path: `${folder}${name}-${colorScheme}.png` })
  }
}
await browser.close()
await demo.stop()
