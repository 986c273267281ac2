import { expect, test } from 'vitest'
import { bookshop, spansOf, type Part } from '../query/bookshop.ts'
import { noBrowser, ONE, viewer } from './viewer.ts'

const view = viewer()

const rowsShown = (): Promise<string[]> => view.page.locator('.waterfall .row .text').allTextContents()
const selected = (): Promise<string> => view.page.locator('.row[aria-selected=true] .text').innerText()

test.skipIf(noBrowser)('a request opens from the keyboard, and its breakdown makes exactly 100 %', async () => {
  view.receive(1)
  const page = await view.open('/')
  await page.locator('a.request').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.locator('.waterfall .row').first().waitFor()
  expect(new URL(page.url()).pathname).toBe(`/trace/${ONE}`)
  const shares = await page.locator('[data-permille]').evaluateAll((all) => all.map((each) => Number(each.dataset['permille'])))
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(1000)
  const words = await page.locator('.key .share').allTextContents()
  expect(words.reduce((sum, text) => sum + Number.parseFloat(text), 0)).toBeCloseTo(100, 6)
})

test.skipIf(noBrowser)('the waterfall has every phase of the request, and all of it works from the keyboard', async () => {
  view.receive(1)
  const page = await view.open(`/trace/${ONE}`)
  await page.locator('.waterfall .row').first().waitFor()
  await page.setViewportSize({ width: 1280, height: 1500 })
  await expect.poll(() => rowsShown().then((rows) => rows.length)).toBe(39)
  await page.setViewportSize({ width: 1280, height: 800 })
  for (const key of ['End', 'Home', 'j', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key)
  expect(await selected()).toBe('socket connect 127.0.0.1:8443')
  const focus = page.locator(':focus')
  expect(await focus.getAttribute('role')).toBe('treegrid')
  const active = await focus.getAttribute('aria-activedescendant')
  expect(await page.locator(`#${active}`).innerText()).toContain('socket connect')
  await page.keyboard.press('/')
  await page.keyboard.type('book_detail')
  await page.keyboard.press('Enter')
  expect(await selected()).toBe('view book_detail')
  await page.keyboard.press('Escape')
  await page.keyboard.press('ArrowLeft')
  expect(await page.locator('.row[aria-selected=true]').getAttribute('aria-expanded')).toBe('false')
  expect(await rowsShown()).not.toContain('SELECT book')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByText('shop/views.ts:42').waitFor()
  expect(new URL(page.url()).search).toMatch(/^\?span=[0-9a-f]{16}$/)
  await page.keyboard.press('Escape')
  await expect.poll(() => page.locator('.details').count()).toBe(0)
})

test.skipIf(noBrowser)('zooming by keyboard, and by dragging over the lanes, shows less of the time; 0 shows all', async () => {
  view.receive(1)
  const page = await view.open(`/trace/${ONE}`)
  const first = page.locator('.row .whole').first()
  await first.waitFor()
  const ticks = (): Promise<string[]> => page.locator('.ticks span').allTextContents()
  const all = await ticks()
  await page.keyboard.press('+')
  expect(await ticks()).not.toEqual(all)
  await page.keyboard.press('0')
  expect(await ticks()).toEqual(all)
  const box = await page.locator('.lanes .map').boundingBox()
  if (box === null) throw new Error('The lanes are not shown')
  await page.mouse.move(box.x + box.width * 0.5, box.y + 5)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + 5)
  await page.mouse.up()
  expect(await ticks()).not.toEqual(all)
  await page.getByRole('button', { name: 'All', exact: true }).click()
  expect(await ticks()).toEqual(all)
})

test.skipIf(noBrowser)('hovering one hook of a middleware makes its other hooks stand out', async () => {
  view.receive(1)
  const page = await view.open(`/trace/${ONE}`)
  await page.setViewportSize({ width: 1280, height: 1500 })
  await page.getByText('SessionMiddleware process_request').hover()
  await page.locator('.row.same', { hasText: 'SessionMiddleware process_response' }).waitFor()
  expect(await page.locator('.onion.on').count()).toBe(1)
  await page.setViewportSize({ width: 1280, height: 800 })
})

test.skipIf(noBrowser)('a timeline that grows is shown as it grows', async () => {
  const { inside = [], ...client } = bookshop()
  const [wait, dns] = inside
  view.serving.store.receive(spansOf({ ...client, inside: [wait, dns] as Part[] }, 1))
  const page = await view.open(`/trace/${ONE}`)
  await expect.poll(() => page.locator('.waterfall').getAttribute('aria-rowcount')).toBe('3')
  view.serving.store.receive(spansOf(bookshop(), 1))
  await expect.poll(() => page.locator('.waterfall').getAttribute('aria-rowcount')).toBe('39')
})

test.skipIf(noBrowser)(
  '100,000 spans are in the document only as far as they are in sight, and the last is a key away',
  async () => {
    const inside = Array.from({ length: 100_000 }, (_, at): Part => ({
      phase: 'view',
      name: `view ${at}`,
      from: at,
      to: at + 0.5,
    }))
    view.receive(1, { phase: 'gateway', name: 'GET /', from: 0, to: 100_000, inside })
    const page = await view.open(`/trace/${ONE}`)
    await page.locator('.waterfall .row').first().waitFor()
    expect(await page.locator('.waterfall').getAttribute('aria-rowcount')).toBe('100001')
    expect(await page.locator('.waterfall .row').count()).toBeLessThan(120)
    await page.keyboard.press('End')
    await page.getByText('view 99999', { exact: true }).waitFor()
    expect(await page.locator('.waterfall .row').count()).toBeLessThan(120)
  },
)

test.skipIf(noBrowser)('? says what keys do, and Esc takes that away', async () => {
  view.receive(1)
  const page = await view.open(`/trace/${ONE}`)
  await page.locator('.waterfall .row').first().waitFor()
  await page.keyboard.press('?')
  await page.getByText('back, one step at a time').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => page.getByText('back, one step at a time').count()).toBe(0)
})

test.skipIf(noBrowser)('what is next to nothing shares one line of the legend, until somebody asks', async () => {
  view.receive(1)
  const page = await view.open(`/trace/${ONE}`)
  await page.locator('.legend').waitFor()
  expect(await page.locator('.legend').innerText()).not.toContain('resolve')
  await page.locator('.legend').getByRole('button', { name: 'more' }).click()
  expect(await page.locator('.legend').innerText()).toContain('resolve')
})

test.skipIf(noBrowser)('times of a clock that was wrong are drawn corrected, and as they were sent beside that', async () => {
  const behind = 5_000_000n
  const spans = spansOf(bookshop(), 1).map((span) =>
    span.resource.service === 'bookshop'
      ? { ...span, start: span.start - behind, end: span.end - behind, resource: { ...span.resource, host: 'slow' } }
      : span,
  )
  view.serving.store.receive(spans)
  const page = await view.open(`/trace/${ONE}`)
  const row = page.locator('.waterfall .row', { hasText: 'SessionMiddleware process_request' })
  await row.waitFor()
  const [sent, drawn] = [await row.locator('.sent').boundingBox(), await row.locator('.own').first().boundingBox()]
  expect((drawn?.x ?? 0) - (sent?.x ?? 0)).toBeGreaterThan(50)
  expect(await page.locator('.waterfall .row', { hasText: 'DNS lookup' }).locator('.sent').count()).toBe(0)
  await page.getByText('Dashed outlines').waitFor()
})

test.skipIf(noBrowser)('of a request that failed it says where and why, and one click goes there', async () => {
  const inner: Part = { phase: 'db', name: 'SELECT book', from: 10, to: 40, failed: 'no such table: book' }
  const attributes = { 'http.response.status_code': 500 }
  view.receive(1, { phase: 'gateway', name: 'GET /', from: 0, to: 50, failed: 'SqliteError', attributes, inside: [inner] })
  const page = await view.open(`/trace/${ONE}`)
  const failure = page.getByRole('button', { name: 'Failed in SELECT book: no such table: book' })
  await failure.click()
  await page.locator('.row[aria-selected=true]', { hasText: 'SELECT book' }).waitFor()
})

test.skipIf(noBrowser)('where the time went is a sentence: by name, else by phase, else what it is spread over', async () => {
  const each = (parts: readonly [Part['phase'], string][]): Part[] =>
    parts.map(([phase, name], at) => ({ phase, name, from: at * 10, to: at * 10 + 10 }))
  const whole = (inside: Part[]): Part => ({ phase: 'gateway', name: 'GET /', from: 0, to: inside.length * 10, inside })
  view.receive(1, bookshop(90_000))
  view.receive(2, whole(each(Array.from({ length: 8 }, (_, at) => ['db', `SELECT table_${at}`]))))
  const phases = ['view', 'model', 'db', 'render', 'resolve', 'respond', 'middleware.request', 'db.pool'] as const
  view.receive(3, whole(each(phases.map((phase) => [phase, `a ${phase}`]))))
  const page = await view.open(`/trace/${ONE}`)
  const said = async (trace: string): Promise<string> => {
    await page.goto(`${view.serving.url}/trace/${trace}`)
    return (await page.locator('.blame').innerText()).replaceAll(/\s+/g, ' ')
  }
  expect(await said('1')).toMatch(/^mostly SessionMiddleware in 2 hooks, 93\.0 ms \(76\.5 %\)$/)
  expect(await said('2')).toBe('mostly database, 80.0 µs (100.0 %)')
  expect(await said('3')).toMatch(/^spread out:( [a-z ]+, 10\.0 µs \(12\.5 %\)){3}$/)
  await page.locator('.blame button').first().click()
  await page.locator('.key[aria-pressed=true]').waitFor()
})

test.skipIf(noBrowser)(
  'spans of others have no gaps: what nothing covers in them is called by their phase, above and below',
  async () => {
    const plain = spansOf(bookshop()).map((span) => ({
      ...span,
      attributes: new Map([...span.attributes].filter(([name]) => !name.startsWith('phaseline.'))),
    }))
    view.receive(1)
    const page = await view.open(`/trace/${ONE}`)
    await page.locator('.row .gap').first().waitFor()
    view.serving.store.receive(plain.map((span) => ({ ...span, traceId: '2'.padStart(32, '0') })))
    await page.goto(`${view.serving.url}/trace/2`)
    await page.locator('.row .own').first().waitFor()
    expect(await page.locator('.row .gap').count()).toBe(0)
    expect(await page.locator('.legend').innerText()).not.toContain('gap')
  },
)

test.skipIf(noBrowser)('on paper every row is there, also those that were out of sight', async () => {
  const inside = Array.from({ length: 300 }, (_, at): Part => ({ phase: 'view', name: `view ${at}`, from: at, to: at + 1 }))
  view.receive(1, { phase: 'gateway', name: 'GET /', from: 0, to: 300, inside })
  const page = await view.open(`/trace/${ONE}`)
  await page.locator('.waterfall .row').first().waitFor()
  const rows = (): Promise<number> => page.locator('.waterfall .row').count()
  expect(await rows()).toBeLessThan(120)
  await page.evaluate('dispatchEvent(new Event("beforeprint"))')
  await expect.poll(rows).toBe(301)
  await page.evaluate('dispatchEvent(new Event("afterprint"))')
  await expect.poll(rows).toBeLessThan(120)
})

test.skipIf(noBrowser)('what is no trace id is called so, and not sought', async () => {
  const page = await view.open('/trace/hello')
  await page.getByRole('heading', { name: 'That is no trace id' }).waitFor()
  await page.getByRole('link', { name: 'All requests', exact: true }).click()
  await page.getByText('No requests yet').waitFor()
})

test.skipIf(noBrowser)('a placeholder for a span that never came has no lane of its own', async () => {
  view.serving.store.receive(spansOf(bookshop()).filter(({ parentSpanId }) => parentSpanId !== null))
  const page = await view.open(`/trace/${ONE}`)
  await page.locator('.waterfall .row').first().waitFor()
  const lanes = await page.locator('.lanes li').allTextContents()
  expect(lanes.filter((lane) => lane.trim().split(/\s+/).length < 2)).toEqual([])
  expect(lanes.length).toBeGreaterThan(2)
})
