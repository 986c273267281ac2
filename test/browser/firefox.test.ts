import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing } from '../tools.ts'
import { openFirefox } from './firefox.ts'
import { gone, listening, phase, Sink, Site, SPAN, to, TRACE, type Sent } from './site.ts'

const noBrowser = missing('firefox-esr')

/** What the first page does, once it is there; then it goes to another, which says that it is over once it is there. */
const FIRST = (other: string): string => `<script>addEventListener('load', async () => {
  const text = async (answer) => (await answer).text()
  await text(fetch('/data/1'))
  await text(fetch(new Request('/data/secret', { referrerPolicy: 'no-referrer' })))
  await fetch('/broken').catch(() => {})
  await fetch('/data/late', { signal: AbortSignal.abort() }).catch(() => {})
  await text(fetch('${other}/data/other'))
  await new Promise((resolve) => {
    const xhr = new XMLHttpRequest()
    xhr.open('GET', '/data/xhr')
    xhr.onloadend = resolve
    xhr.send()
  })
  await fetch('/told')
  await text(fetch('/data/last'))
  location.href = '/second'
})</script>`

describe.skipIf(noBrowser)('two pages with the script, in Firefox', () => {
  const sink = new Sink()
  const other = new Site({})
  let site: Site
  let close: (() => Promise<void>) | undefined
  /** The page that is left, and the one after it. */
  let first: Sent
  let second: Sent
  const answered = (path: string) => (span: Sent) => to(path)(span) && span.attributes['phaseline.answered_by'] === SPAN

  beforeAll(async () => {
    await Promise.all([listening(sink.server), listening(other.server)])
    site = new Site({ endpoint: sink.url, service: 'shop-page' })
    await listening(site.server)
    site.routes.set('/first', (response) => {
      site.head(response).write(site.html())
      // The script runs before the rest of the page is there.
      site.routes.set('/half', (half) => {
        half.end()
        response.end(FIRST(other.url))
      })
      // It looks for the charset in a first kilobyte before it begins.
      response.write(`<script>fetch('/half')</script>${' '.repeat(1_024)}`)
    })
    // Where what failed was told, which takes a second, nothing but the last request is left to tell.
    site.routes.set('/told', (response) => {
      sink.find(to('/broken')).then(
        () => response.end(),
        (error: Error) => response.destroy(error),
      )
    })
    close = await openFirefox(`${site.url}/first?token=abc&page=2`)
    first = await sink.find(answered('/first'))
    second = await sink.find(answered('/second'))
  }, 120_000)

  afterAll(async () => {
    await close?.()
    for (const { server } of [sink, site, other]) gone(server)
  })

  const partsOf = ({ spanId, traceId }: Sent): Promise<Sent[]> =>
    Promise.all(
      ['client.wait', 'client.ttfb', 'client.receive'].map((name) =>
        sink.find((span) => phase(name)(span) && span.traceId === traceId && span.parentSpanId === spanId),
      ),
    )

  test('send the request for themselves: in the server’s trace, with the whole page’s length', async () => {
    expect(first).toMatchObject({ traceId: TRACE, name: 'GET', kind: 3, service: 'shop-page', failed: false })
    expect(first.parentSpanId).toBeUndefined()
    expect(first.attributes).toMatchObject({
      'url.full': `${site.url}/first?token=REDACTED&page=2`,
      'http.response.status_code': '200',
      'network.protocol.version': '1.1',
    })
    expect(first.events).toEqual(expect.arrayContaining(['domInteractive', 'domContentLoadedEventEnd', 'loadEventEnd']))
    // The rest of it came after that one was asked for; Firefox rounds to 1 ms.
    expect(first.end + 1).toBeGreaterThanOrEqual((await sink.find(to('/half'))).start)
  })

  test('send their phases within them', async () => {
    for (const whole of [first, second, await sink.find(to('/data/1')), await sink.find(to('/data/other'))]) {
      for (const part of await partsOf(whole)) {
        expect([part.name, part.start >= whole.start, part.end <= whole.end]).toEqual([part.name, true, true])
      }
    }
  })

  test.each(['/data/1', '/data/xhr', '/data/secret', '/data/last'])(
    'begin a trace with %s, whose server hears of it',
    async (path) => {
      const { traceId, spanId } = await sink.find(to(path))
      expect(site.asked.get(path)?.['traceparent']).toBe(`00-${traceId}-${spanId}-01`)
    },
  )

  test('mark what failed, without phases that it had not, and what was given up', async () => {
    const broken = await sink.find(to('/broken'))
    expect(broken).toMatchObject({ failed: true, attributes: { 'error.type': 'TypeError' } })
    expect(sink.spans.filter(({ traceId }) => traceId === broken.traceId).length).toBe(1)
    expect(await sink.find(to('/data/late'))).toMatchObject({ failed: false, attributes: { 'phaseline.cancelled': 'true' } })
  })

  test('leave what they are not asked to touch', async () => {
    expect(other.asked.get('/data/other')?.['traceparent']).toBeUndefined()
    expect(site.asked.get('/data/secret')?.referer).toBeUndefined()
  })
})
