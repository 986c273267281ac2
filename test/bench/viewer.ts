import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { openBrowser } from '../ui/browser.ts'

export const title =
  'a timeline in Chromium, from the embedded store: ms from the navigation to the first row on screen, frames while scrolling, heap'

/** Traces of each size: each is opened once, as a second look would find it in memory. */
const TIMES = 5

/** Told by the page itself, from the start of its navigation. */
const WATCH = `
  new MutationObserver((_, observer) => {
    if (document.querySelector('.waterfall .row') === null) return
    observer.disconnect()
    requestAnimationFrame(() => setTimeout(() => { window.firstRow = performance.now() }))
  }).observe(document, { childList: true, subtree: true })
`

const ARRIVED = `new Promise((done) => {
  const look = () => (window.firstRow === undefined ? requestAnimationFrame(look) : done(window.firstRow))
  look()
})`

/** Scrolls for two seconds; how often a frame came, and the longest wait for one, ms. */
const SCROLL = `new Promise((done) => {
  const times = []
  const step = (now) => {
    times.push(now)
    if (now - times[0] > 2000) {
      const waits = times.slice(1).map((time, at) => time - times[at])
      return done({ perSecond: (times.length - 1) / ((times.at(-1) - times[0]) / 1000), worst: Math.max(...waits) })
    }
    window.scrollBy(0, 300)
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
})`

interface Served {
  readonly url: string
  stop(): Promise<void>
}

async function served(size: number): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-bench-'))
  const script = join(import.meta.dirname, 'viewer-process.ts')
  const child = spawn(process.execPath, [script, folder, String(size), String(TIMES)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The collector of the benchmark ended before it was up')))
  const [url] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer]
  ended.catch(() => {}) // later it ends because it is stopped
  return {
    url: String(url).trim(),
    async stop() {
      child.kill()
      await once(child, 'exit')
      rmSync(folder, { recursive: true })
    },
  }
}

async function opened(page: Page, url: string): Promise<number> {
  await page.goto(url)
  return page.evaluate<number>(ARRIVED)
}

/** Bytes in use after a collection of garbage. */
async function heapOf(browser: BrowserContext, page: Page): Promise<number> {
  const session = await browser.newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize
}

async function measured(browser: BrowserContext, size: number): Promise<Record<string, string | number>> {
  const { url, stop } = await served(size)
  const page = await browser.newPage()
  await page.addInitScript(WATCH)
  const times: number[] = []
  for (let trace = 1; trace <= TIMES; trace++)
    times.push(await opened(page, `${url}/trace/${trace.toString(16).padStart(32, '0')}`))
  const frames = await page.evaluate<{ perSecond: number; worst: number }>(SCROLL)
  const heap = await heapOf(browser, page)
  await page.close()
  await stop()
  times.sort((a, b) => a - b)
  return {
    spans: size,
    'first row, median ms': Math.round(times[TIMES >> 1] as number),
    'fastest ms': Math.round(times[0] as number),
    'slowest ms': Math.round(times.at(-1) as number),
    'frames/s scrolling': Math.round(frames.perSecond),
    'longest frame ms': Math.round(frames.worst),
    'heap MB': Number((heap / 1e6).toFixed(1)),
  }
}

/** @param args `--sizes=1000,100000` */
export async function run(args: string[]): Promise<Record<string, string | number>[]> {
  const sizes = args.find((arg) => arg.startsWith('--sizes='))?.slice(8) ?? '1000,100000'
  const browser = await openBrowser()
  const rows: Record<string, string | number>[] = []
  for (const size of sizes.split(',')) rows.push(await measured(browser, Number(size)))
  await browser.close()
  return rows
}
