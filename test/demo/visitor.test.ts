import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BrowserContext } from 'playwright-core'
import type { SpanJson } from '../../src/query/wire/timeline.ts'
import { missing } from '../tools.ts'
import { openBrowser } from '../ui/browser.ts'
import { watchedDemo, type Watched } from './watcher.ts'

const noBrowser = missing('chromium')
/** Chromium may have connected before it was asked: then there is no connect and no handshake. */
const STAGES = ['client.wait', 'client.ttfb', 'proxy', 'gateway', 'middleware.request', 'view', 'db', 'client.receive']

describe.skipIf(noBrowser)('somebody who looks at the demo’s shop with a browser', () => {
  let watched: Watched
  let browser: BrowserContext

  beforeAll(async () => {
    watched = await watchedDemo()
    browser = await openBrowser()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await watched?.stop()
  })

  test('finds their own visit: from the browser’s connection through proxy, app and database to the last byte', async () => {
    const page = await browser.newPage()
    // The certificate is the demo's own.
    const session = await browser.newCDPSession(page)
    await session.send('Security.setIgnoreCertificateErrors', { ignore: true })
    await page.goto(`${watched.demo.shop}/books/3/`)
    const timeline = await watched.watcher.next(
      ({ services }) => services.includes('browser'),
      ({ spans }) => spans.some(({ phase }) => phase === 'gateway') && spans.some(({ phase }) => phase === 'proxy'),
    )
    const root = timeline.spans.find(({ spanId }) => spanId === timeline.root) as SpanJson
    expect(root).toMatchObject({ service: 'browser', phase: 'client', name: 'GET' })
    const phases = timeline.spans.map(({ phase }) => phase)
    expect(STAGES.filter((phase) => !phases.includes(phase))).toEqual([])
    const proxy = timeline.spans.find(({ phase }) => phase === 'proxy') as SpanJson
    expect(proxy.parentSpanId).toBe(root.spanId)
    const sum = Object.values(timeline.phases).reduce((all, ns) => all + BigInt(ns), 0n)
    expect(String(sum)).toBe(timeline.durationNs)
  })
})
