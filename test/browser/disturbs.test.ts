import { describe, expect, test } from 'vitest'
import { missing } from '../tools.ts'
import { inChromium } from './chromium.ts'
import { phase, Sink, to } from './site.ts'

const noBrowser = missing('chromium')

/** What the page's scripts do is written as text: it is not of this program. */
describe.skipIf(noBrowser)('the script leaves as it is', () => {
  const visit = inChromium()

  test('a Request that is given as the options of fetch: its method and its headers go with it', async () => {
    const { site, page } = visit
    site.routes.set('/data/delete', (response, request) => response.end(request.method))
    await page.goto(site.url)
    const method = await page.evaluate(`(async () => {
      const request = new Request('/elsewhere', { method: 'DELETE', headers: { 'x-own': '1' } })
      return (await fetch('/data/delete', request)).text()
    })()`)
    expect([method, site.asked.get('/data/delete')?.['x-own']]).toEqual(['DELETE', '1'])
  })

  test('options whose members are their prototype’s', async () => {
    const { site, page } = visit
    site.routes.set('/data/put', (response, request) => response.end(request.method))
    await page.goto(site.url)
    expect(await page.evaluate(`fetch('/data/put', Object.create({ method: 'PUT' })).then((answer) => answer.text())`)).toBe(
      'PUT',
    )
  })

  test('the referrer of a Request', async () => {
    const { site, page } = visit
    await page.goto(site.url)
    await page.evaluate(`fetch(new Request('/data/secret', { referrerPolicy: 'no-referrer' }))`)
    await page.evaluate(`fetch(new Request('/data/named', { referrer: '/books/' }))`)
    expect(site.asked.get('/data/secret')?.referer).toBeUndefined()
    expect(site.asked.get('/data/named')?.referer).toBe(`${site.url}/books/`)
  })

  test('a Request of a frame’s, and tells its address', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    await page.evaluate(`(() => {
      const { contentWindow } = document.body.appendChild(document.createElement('iframe'))
      return fetch(new contentWindow.Request('${site.url}/data/framed', { headers: { 'x-own': '1' } }))
    })()`)
    const { traceId } = await sink.find(to('/data/framed'))
    expect(site.asked.get('/data/framed')).toMatchObject({
      'x-own': '1',
      traceparent: expect.stringContaining(traceId) as string,
    })
  })

  test('the traceparent that a script gives to an XMLHttpRequest', async () => {
    const { site, page } = visit
    const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    await page.goto(site.url)
    await page.evaluate(`new Promise((resolve) => {
      const xhr = new XMLHttpRequest()
      xhr.open('GET', '/data/own')
      xhr.setRequestHeader('Traceparent', '${own}')
      xhr.onloadend = resolve
      xhr.send()
    })`)
    expect(site.asked.get('/data/own')?.['traceparent']).toBe(own)
  })

  test('an XMLHttpRequest that is opened again before its answer, or as it hears of it: each request is told once', async () => {
    const { sink, site, page } = visit
    site.routes.set('/data/never', () => {})
    await page.goto(site.url)
    await page.evaluate(`new Promise((resolve) => {
      const xhr = new XMLHttpRequest()
      const ask = (path) => (xhr.open('GET', path), xhr.send())
      const next = ['/data/second', '/data/third']
      xhr.onload = () => (next.length > 0 ? ask(next.shift()) : resolve())
      ask('/data/never')
      ask('/data/first')
    })`)
    await page.goto('about:blank')
    const paths = ['/data/never', '/data/first', '/data/second', '/data/third']
    for (const path of paths) await sink.find(to(path))
    expect(paths.map((path) => sink.spans.filter(to(path)).length)).toEqual([1, 1, 1, 1])
    expect(sink.spans.find(to('/data/never'))).toMatchObject({ failed: false, attributes: { 'phaseline.cancelled': 'true' } })
    expect(sink.spans.find(to('/data/third'))?.attributes['http.response.status_code']).toBe('200')
  })

  test('an XMLHttpRequest that waits for its answer and fails: it throws, and is told', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    const thrown = await page.evaluate(`(() => {
      const xhr = new XMLHttpRequest()
      xhr.open('GET', '/broken', false)
      try { xhr.send() } catch (error) { return error.name }
    })()`)
    expect(thrown).toBe('NetworkError')
    expect((await sink.find(to('/broken'))).attributes['error.type']).toBe('NetworkError')
  })

  test('a request that is sent on to a site which does not allow the header: it arrives, and is never again sent with it', async () => {
    const { sink, site, page, opened } = visit
    const files = await opened({})
    files.routes.set('/file', (response, { method }) => {
      response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', 'x-other')
      response.writeHead(method === 'OPTIONS' ? 204 : 200).end(method === 'OPTIONS' ? undefined : 'file')
    })
    site.routes.set('/download', (response) => response.writeHead(302, { location: `${files.url}/file` }).end())
    await page.goto(site.url)
    const ask = `fetch('/download').then((answer) => answer.text())`
    expect(await page.evaluate(ask)).toBe('file')
    expect(site.times.get('/download')).toBe(2)
    expect(await page.evaluate(ask)).toBe('file')
    expect([site.times.get('/download'), site.asked.get('/download')?.['traceparent']]).toEqual([3, undefined])
    await sink.find(to('/download'))
  })

  test('a request that fails for another reason: it is asked for once more, and from then on as ever', async () => {
    const { site, page } = visit
    let asked = 0
    site.routes.set('/data/post', (_, request) => (asked++, request.socket.destroy()))
    await page.goto(site.url)
    const ask = `fetch('/broken').catch((error) => error.name)`
    expect(await page.evaluate(ask)).toBe('TypeError')
    expect(site.asked.get('/broken')?.['traceparent']).toBeUndefined()
    expect(await page.evaluate(ask)).toBe('TypeError')
    expect(site.asked.get('/broken')?.['traceparent']).toMatch(/^00-/)
    expect(await page.evaluate(`fetch('/data/post', { method: 'POST', body: 'once' }).catch((error) => error.name)`)).toBe(
      'TypeError',
    )
    expect(asked).toBe(1)
  })

  test('what somebody else has put in the place of fetch: its answers are no promises of a response', async () => {
    const { site, page } = visit
    site.routes.set('/', (response) => {
      const before = '<script>window.fetch = (path) => (path === "/now" ? 7 : Promise.resolve(null))</script>'
      site.head(response).end(site.html(before))
    })
    await page.goto(site.url)
    expect(await page.evaluate(`Promise.all([fetch('/now'), fetch('/later')])`)).toEqual([7, null])
  })

  test('a page in a sandbox, to which its own site is another: no header asks for leave', async () => {
    const { sink, site, page } = visit
    site.routes.set('/framed', (response) =>
      site.head(response).end(site.html('', `<script>fetch('${site.url}/data/boxed').then((answer) => answer.text())</script>`)),
    )
    site.routes.set('/', (response) =>
      response.setHeader('content-type', 'text/html').end('<iframe sandbox="allow-scripts" src="/framed">'),
    )
    await page.goto(site.url)
    await sink.find(to('/data/boxed'))
    expect(site.asked.get('/data/boxed')?.['traceparent']).toBeUndefined()
    expect(site.times.get('/data/boxed')).toBe(1)
  })

  test('a strict policy: a nonce, trusted types, connections to the page’s own site only', async () => {
    const { sink, page, opened } = visit
    const site = await opened({ endpoint: '/data' })
    site.routes.set('/data/v1/traces', (response, request) => void sink.take(request, response))
    const policy =
      "default-src 'none'; img-src data:; script-src 'nonce-n1'; connect-src 'self'; require-trusted-types-for 'script'"
    site.routes.set('/', (response) => {
      site.head(response).setHeader('content-security-policy', policy)
      response.end(site.html().replace('<script', '<script nonce="n1"'))
    })
    const said: string[] = []
    page.on('console', (message) => said.push(message.text()))
    await page.goto(site.url)
    await sink.find(phase('client'))
    expect([said, visit.wrongs]).toEqual([[], []])
  })

  test('a policy that forbids the collector: nothing is sent, nothing fails', async () => {
    const { sink, site, page, wrongs } = visit
    site.routes.set('/', (response) => {
      site.head(response).setHeader('content-security-policy', "connect-src 'self'").end(site.html())
    })
    await page.goto(site.url)
    const told = page.waitForEvent('console')
    expect(await page.evaluate(() => fetch('/data/1').then((response) => response.text()))).toBe('data')
    expect((await told).text()).toContain('Content Security Policy')
    expect([wrongs, sink.spans]).toEqual([[], []])
  })

  test('a page that clears what it measures, and keeps no room for it: phases are told all the same', async () => {
    const { sink, site, page } = visit
    await page.goto(site.url)
    await page.evaluate(`(async () => {
      performance.setResourceTimingBufferSize(0)
      await (await fetch('/data/1')).text()
      performance.clearResourceTimings()
    })()`)
    const { traceId } = await sink.find(to('/data/1'))
    expect(await sink.find((span) => phase('client.ttfb')(span) && span.traceId === traceId)).toBeDefined()
  })

  test('requests below the path that it sends to: they are the page’s own, and watched', async () => {
    const { page, opened } = visit
    const sink = new Sink()
    const site = await opened({ endpoint: '/data' })
    site.routes.set('/data/v1/traces', (response, request) => void sink.take(request, response))
    await page.goto(site.url)
    await page.evaluate(() => fetch('/data/1').then((response) => response.text()))
    expect(await sink.find(to('/data/1'))).toMatchObject({ failed: false })
    await page.goto('about:blank')
    expect(sink.spans.filter(to('/v1/traces'))).toEqual([])
  })

  test('a page that is hidden half way: once all of it has come, its length is told', async () => {
    const { sink, site, page } = visit
    const hide = `<script>
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' })
      document.dispatchEvent(new Event('visibilitychange'))
      fetch('/data/hidden')
    </script>`
    let rest = (): void => {}
    site.routes.set('/', (response) => {
      site.head(response).write(site.html('', hide))
      rest = () => response.end('<p>rest')
    })
    site.routes.set('/data/hidden', (response) => {
      response.end()
      rest()
    })
    await page.goto(site.url)
    const whole = await sink.find((span) => span.attributes['phaseline.answered_by'] !== undefined)
    // Before that one was asked for, the rest was not sent.
    expect(whole.end).toBeGreaterThanOrEqual((await sink.find(to('/data/hidden'))).start)
    expect(sink.spans.filter((span) => span.attributes['phaseline.answered_by'] !== undefined).length).toBe(1)
  })

  test('a page that leaves while a request is under way: it is told, as given up', async () => {
    const { sink, site, page } = visit
    let times = 0
    const asked = new Promise<void>((resolve) => site.routes.set('/data/never', () => (times++, resolve())))
    await page.goto(site.url)
    await page.evaluate(`void fetch('/data/never').catch(() => {})`)
    await asked
    await page.goto('about:blank')
    expect(await sink.find(to('/data/never'))).toMatchObject({ failed: false, attributes: { 'phaseline.cancelled': 'true' } })
    expect(times).toBe(1)
  })
})
