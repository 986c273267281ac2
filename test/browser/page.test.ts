import { gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { missing } from '../tools.ts'
import { inChromium } from './chromium.ts'
import { gone, phase, SPAN, to, TRACE } from './site.ts'

/** What the functions given to the page find there. */
declare const location: { href: string }
declare const XMLHttpRequest: new () => {
  open(method: string, url: string): void
  addEventListener(event: 'load', then: (event: unknown) => void): void
  send(): void
}

const noBrowser = missing('chromium')

describe.skipIf(noBrowser)('a page with the script, in Chromium', () => {
  const visit = inChromium()

  test('sends the request for itself: a span without a parent, in the server’s trace, that says who answered', async () => {
    const { sink, site, page } = visit
    await page.goto(`${site.url}/books/3/?token=abc&page=2`)
    const whole = await sink.find(phase('client'))
    expect(whole).toMatchObject({ traceId: TRACE, name: 'GET', kind: 3, service: 'shop-page', failed: false })
    expect(whole.parentSpanId).toBeUndefined()
    expect(whole.attributes).toMatchObject({
      'phaseline.answered_by': SPAN,
      'url.full': `${site.url}/books/3/?token=REDACTED&page=2`,
      'http.response.status_code': '200',
      'network.protocol.version': '1.1',
    })
    expect(whole.events).toEqual(expect.arrayContaining(['domInteractive', 'domContentLoadedEventEnd', 'loadEventEnd']))
  })

  test('sends its phases, in their order, within it', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    const whole = await sink.find(phase('client'))
    const parts = await Promise.all(['client.wait', 'client.ttfb', 'client.receive'].map((name) => sink.find(phase(name))))
    for (const part of parts) {
      expect(part.parentSpanId).toBe(whole.spanId)
      expect([part.start >= whole.start, part.end <= whole.end]).toEqual([true, true])
    }
    expect(parts.map(({ start }) => start)).toEqual(parts.map(({ start }) => start).toSorted((a, b) => a - b))
  })

  test('sends nothing of itself when it comes from the cache: the answer was to another request', async () => {
    const { sink, site, page } = visit
    await page.goto(`${site.url}/one`)
    await sink.find(to('/one'))
    await page.goto(`${site.url}/two`)
    await sink.find(to('/two'))
    // A followed link takes from the cache what is fresh, and a script's request shows that the page was watched.
    await page.evaluate(() => void (location.href = '/one'))
    await page.waitForURL(`${site.url}/one`)
    await page.evaluate(() => fetch('/data/after'))
    await sink.find(to('/data/after'))
    await page.goto('about:blank')
    expect(sink.spans.filter(to('/one')).length).toBe(1)
  })

  test.each([
    ['fetch', () => fetch('/data/1').then((response) => response.text())],
    [
      'fetch of a Request',
      () => fetch(new Request('/data/1', { headers: { 'x-own': '1' } })).then((response) => response.text()),
    ],
    [
      'XMLHttpRequest',
      () =>
        new Promise((resolve) => {
          const xhr = new XMLHttpRequest()
          xhr.open('GET', '/data/1')
          xhr.addEventListener('load', resolve)
          xhr.send()
        }),
    ],
  ])('begins a trace with each %s, whose server hears of it', async (name, ask) => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    await page.evaluate(ask as () => unknown)
    const call = await sink.find(to('/data/1'))
    expect(site.asked.get('/data/1')?.['traceparent']).toBe(`00-${call.traceId}-${call.spanId}-01`)
    expect(call.traceId).not.toBe(TRACE)
    expect((await sink.find((span) => phase('client.ttfb')(span) && span.traceId === call.traceId)).parentSpanId).toBe(
      call.spanId,
    )
    expect(site.asked.get('/data/1')?.['x-own']).toBe(name.endsWith('Request') && name !== 'XMLHttpRequest' ? '1' : undefined)
  })

  test('marks what failed: an answer of 404, a connection that broke, a request that was given up', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    await page.evaluate(() => fetch('/data/none'))
    await page.evaluate(() => fetch('/broken').catch(() => {}))
    await page.evaluate(() => fetch('/data/late', { signal: AbortSignal.abort() }).catch(() => {}))
    expect((await sink.find(to('/data/none'))).attributes['error.type']).toBe('404')
    expect(await sink.find(to('/broken'))).toMatchObject({ failed: true, attributes: { 'error.type': 'TypeError' } })
    expect(await sink.find(to('/data/late'))).toMatchObject({ failed: false, attributes: { 'phaseline.cancelled': 'true' } })
  })

  test('leaves what it is not asked to touch: another site gets no header, and a header of the page’s own stays', async () => {
    const { sink, site, page, opened } = visit
    const other = await opened({})
    await page.goto(site.url)
    await page.evaluate((url) => fetch(url).then((response) => response.text()), `${other.url}/data/other`)
    const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await page.evaluate((traceparent) => fetch('/data/own', { headers: { traceparent } }), own)
    await sink.find(to('/data/other'))
    expect(other.asked.get('/data/other')?.['traceparent']).toBeUndefined()
    expect(site.asked.get('/data/own')?.['traceparent']).toBe(own)
  })

  test('has of another site that allows it the phases, too', async () => {
    const { sink, site, page, opened } = visit
    const other = await opened({})
    await page.goto(site.url)
    await page.evaluate((url) => fetch(url).then((response) => response.text()), `${other.url}/data/other`)
    const { traceId, spanId } = await sink.find(to('/data/other'))
    const wait = await sink.find((span) => phase('client.wait')(span) && span.traceId === traceId)
    expect(wait.parentSpanId).toBe(spanId)
  })

  test('tells another site that is named', async () => {
    const { sink, page, opened } = visit
    const other = await opened({})
    const site = await opened({ endpoint: sink.url, propagate: other.url })
    await page.goto(site.url)
    await page.evaluate((url) => fetch(url).then((response) => response.text()), `${other.url}/data/other`)
    const { traceId } = await sink.find(to('/data/other'))
    expect(other.asked.get('/data/other')?.['traceparent']).toContain(traceId)
  })

  test('tells before it is left what it has not told yet', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    await page.evaluate(() => fetch('/data/last').then((response) => response.text()))
    await page.goto('about:blank')
    expect((await sink.find(to('/data/last'))).failed).toBe(false)
  })

  test('follows its server’s decision: of a trace that is not recorded nothing is sent, and servers hear so', async () => {
    const { sink, site, page } = visit
    site.traceparent = `00-${TRACE}-${SPAN}-00`
    await page.goto(site.url)
    await page.evaluate(() => fetch('/data/1').then((response) => response.text()))
    await page.goto('about:blank')
    expect(site.asked.get('/data/1')?.['traceparent']).toMatch(/-00$/)
    site.traceparent = ''
    await page.goto(`${site.url}/said/nothing`)
    await page.evaluate(() => fetch('/data/2').then((response) => response.text()))
    await sink.find(to('/data/2'))
    expect(sink.spans.filter((span) => to('/data/1')(span) || to('/said/nothing')(span))).toEqual([])
  })

  test('tells each request of an XMLHttpRequest that is sent again once', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    await page.evaluate(`(async () => {
      const xhr = new XMLHttpRequest()
      for (const path of ['/data/first', '/broken']) {
        xhr.open('GET', path)
        const over = new Promise((resolve) => (xhr.onloadend = resolve))
        xhr.send()
        await over
      }
    })()`)
    expect((await sink.find(to('/broken'))).attributes['error.type']).toBe('error')
    await sink.find(to('/data/first'))
    await page.goto('about:blank')
    expect(sink.spans.filter(to('/data/first')).map(({ failed }) => failed)).toEqual([false])
  })

  test('is watched once, however often its script is there', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    await page.evaluate(`new Promise((resolve) => {
      const tag = Object.assign(document.createElement('script'), { src: '/phaseline.js', onload: resolve })
      tag.dataset.endpoint = '${sink.url}'
      document.head.append(tag)
    })`)
    await page.evaluate(() => fetch('/data/once').then((response) => response.text()))
    await page.goto('about:blank')
    await sink.find(to('/data/once'))
    expect(sink.spans.filter(to('/data/once')).length).toBe(1)
  })

  test('leaves what fetch says of headers that are none as it is: a rejection, nothing thrown', async () => {
    const { site, page } = visit
    await page.goto(site.url)
    const said = await page.evaluate(() => {
      const answer = fetch('/data/1', { headers: { 'not a name': '1' } })
      return answer.then(String, (error: Error) => error.name)
    })
    expect(said).toBe('TypeError')
  })

  test('never disturbs: a failure that nobody caught is reported, a collector that is away is not noticed', async () => {
    const { sink, site, page, wrongs } = visit
    gone(sink.server)
    await page.goto(site.url)
    const wrong = page.waitForEvent('pageerror')
    await page.evaluate(() => void fetch('/broken'))
    expect((await wrong).message).toContain('Failed to fetch')
    expect(await page.evaluate(() => fetch('/data/1').then((response) => response.text()))).toBe('data')
    await page.goto('about:blank')
    expect(wrongs.length).toBe(1)
  })

  test('says in the console what the tag lacks, and leaves the page alone', async () => {
    const { page, opened } = visit
    const site = await opened({})
    const said = page.waitForEvent('console')
    await page.goto(site.url)
    expect((await said).text()).toContain('needs data-endpoint')
    expect(await page.evaluate(() => fetch('/data/1').then((response) => response.text()))).toBe('data')
    expect(site.asked.get('/data/1')?.['traceparent']).toBeUndefined()
  })
})

test('the script is small: under 5 kB compressed', () => {
  const script = readFileSync(new URL('../../dist/browser/phaseline.js', import.meta.url))
  expect(gzipSync(script).length).toBeLessThan(5_000)
})
