import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Filter, Store } from '../../src/store/contract.ts'
import { type Made, spansOf, START, stored, traceId } from './traces.ts'

const HOUR = 3_600_000_000_000n

/** A new store for each test, and what tests do with it. */
interface Trial {
  readonly store: () => Store
  readonly put: (number: number, made: readonly Made[], start?: bigint) => Promise<void>
  /** The numbers of the traces that a search finds. */
  readonly found: (filter: Filter) => Promise<number[]>
}

/** What is looked for among the four traces below, and which of them it is. */
const SEARCHES: [string, Filter, number[]][] = [
  ['nothing in particular gives all, the newest arrival first', {}, [4, 3, 2, 1]],
  ['a service', { service: 'db' }, [1]],
  ['a service that is not there', { service: 'nobody' }, []],
  ['an operation', { operation: 'GET /books/:id' }, [3, 1]],
  ['an operation of a service', { service: 'db', operation: 'SELECT book' }, [1]],
  ['an operation of another service', { service: 'shop', operation: 'SELECT book' }, []],
  ['a route', { route: '/books/:id' }, [3, 1]],
  ['a phase', { phase: 'middleware.request' }, [3]],
  ['a middleware', { middleware: 'Auth' }, [3]],
  ['a status', { status: 404 }, [3]],
  ['a class of statuses', { statusClass: 4 }, [3]],
  ['a class of statuses that none has', { statusClass: 3 }, []],
  ['what has ended', { inFlight: false }, [4, 3, 2, 1]],
  ['what has not', { inFlight: true }, []],
  ['at least so long', { minDurationNs: 50_000_000n }, [4, 3, 2]],
  ['at most so long', { maxDurationNs: 50_000_000n }, [2, 1]],
  ['a little longer than one of them', { minDurationNs: 50_000_001n, maxDurationNs: 499_999_999n }, [4]],
  ['errors', { error: true }, [2]],
  ['no errors', { error: false }, [4, 3, 1]],
  ['orphans', { orphans: true }, [3]],
  ['an attribute', { attributes: { 'db.system.name': 'postgresql' } }, [1]],
  ['a number as text', { attributes: { rows: '3' } }, [1]],
  ['true as text', { attributes: { ok: 'true' } }, [4]],
  ['one of a list', { attributes: { tags: 'b' } }, [4]],
  ['two attributes of different spans', { attributes: { rows: '3', 'http.route': '/books/:id' } }, [1]],
  ['an attribute of the resource', { attributes: { 'service.name': 'mail' } }, [4]],
  ['what kind of span it is', { attributes: { 'span.kind': 'consumer' } }, [4]],
  ['who made the span', { attributes: { 'otel.scope.name': 'test' } }, [4, 3, 2, 1]],
  ['an attribute that is said to be a resource’s', { attributes: { 'resource.service.name': 'mail' } }, [4]],
  ['a span that failed', { failed: true }, [4, 2]],
  ['a span of a service that failed', { failed: true, service: 'mail' }, [4]],
  ['a span of a service that did not', { failed: true, service: 'db' }, []],
  ['how a span ended', { attributes: { 'otel.status_code': 'ERROR' } }, [4, 2]],
  ['an attribute with another value', { attributes: { rows: '4' } }, []],
  ['a time', { from: START + HOUR, to: START + 3n * HOUR }, [3, 2]],
  ['part of a name', { text: 'books' }, [3, 1]],
  ['part of a name in other letters', { text: 'CaRt' }, [2]],
  ['the value of an attribute', { text: '/books/4' }, [4]],
  ['a trace id', { text: traceId(2) }, [2]],
  [
    'everything at once',
    { service: 'shop', route: '/books/:id', phase: 'gateway', status: 404, orphans: true, minDurationNs: 1n, from: START },
    [3],
  ],
]

/** What every store has to do. @param open makes an empty one */
export function storeContract(engine: string, open: () => Promise<Store>): void {
  describe(`${engine} as a store`, () => {
    let store: Store
    beforeEach(async () => void (store = await open()))
    afterEach(() => store.close())

    const trial: Trial = {
      store: () => store,
      put: (number, made, start) => store.put([stored(spansOf(number, made, start))]),
      found: async (filter) => (await store.search(filter)).items.map((item) => parseInt(item.traceId, 16)),
    }
    keeps(trial)
    finds(trial)
    pages(trial)
    sums(trial)
    forgets(trial)
    bears(trial)
  })
}

function keeps({ store, put, found }: Trial): void {
  test('a trace comes back as the timeline and the bytes that were put', async () => {
    const trace = stored(spansOf(1, [{}, { attributes: { 'db.system.name': 'sqlite' } }]))
    await store().put([trace])
    expect(await store().timeline(traceId(1))).toEqual(trace.timeline)
    expect(Buffer.from((await store().otlp(traceId(1))) as Uint8Array).equals(trace.otlp)).toBe(true)
  })

  test('a trace that nobody put is not there, whatever its id looks like', async () => {
    for (const id of [traceId(9), '', 'x', "' OR 1=1 --"]) expect(await store().timeline(id)).toBeUndefined()
  })

  test('its summary comes back whole', async () => {
    const trace = stored(
      spansOf(7, [
        {
          kind: 'SERVER',
          attributes: {
            'phaseline.phase': 'gateway',
            'http.request.method': 'GET',
            'http.route': '/books/:id',
            'http.response.status_code': 503,
          },
          failed: true,
        },
        {
          parent: 1,
          name: 'Auth process_request',
          from: 1,
          to: 40,
          attributes: {
            'phaseline.phase': 'middleware.request',
            'phaseline.middleware.name': 'Auth',
            'phaseline.middleware.hook': 'process_request',
          },
        },
        { parent: 99, service: 'other' },
      ]),
    )
    await store().put([trace])
    expect((await store().search({})).items).toEqual([trace.summary])
  })

  test('what was received comes back as it was, whatever stitching made of the times', async () => {
    const skewed = stored(
      spansOf(1, [
        { parent: 0, service: 'a', kind: 'CLIENT', from: 0, to: 100, failed: true },
        { service: 'b', kind: 'SERVER', from: -5_000, to: -4_950 },
        { parent: 99, service: 'b', name: 'lost' },
      ]),
    )
    const rootless = stored(spansOf(2, [{ parent: 99 }]))
    await store().put([skewed, rootless])
    const [second, first] = (await store().search({})).items.map(({ received }) => received)
    expect(first).toEqual({
      root: { service: 'a', name: 'GET /books/:id' },
      start: START - 5_000_000_000n,
      end: START + 100_000_000n,
      services: new Map([
        ['a', { spans: 1, errors: 1 }],
        ['b', { spans: 2, errors: 0 }],
      ]),
    })
    expect(second).toMatchObject({ root: null })
  })

  test('a new version takes the place of the old one and keeps its place in lists', async () => {
    await put(1, [{}])
    await put(2, [{}])
    await put(1, [{}, { name: 'late', attributes: { late: 'yes' } }])
    expect(await found({})).toEqual([2, 1])
    expect((await store().timeline(traceId(1)))?.spans).toHaveLength(2)
    expect(await found({ attributes: { late: 'yes' } })).toEqual([1])
    expect(await store().stats()).toMatchObject({ traces: 2, spans: 3 })
  })
}

function finds({ put, found }: Trial): void {
  test('what a late span takes away is not found any more', async () => {
    await put(1, [{ parent: 2, from: 10, to: 20, failed: true }])
    expect(await found({ orphans: true })).toEqual([1])
    const parent: Made[] = [
      { parent: 2, from: 10, to: 20, failed: true },
      { parent: 0, to: 100, kind: 'SERVER' },
    ]
    await put(1, parent)
    expect(await found({ orphans: true, error: true })).toEqual([])
    expect(await found({ minDurationNs: 100_000_000n })).toEqual([1])
    expect(await found({ maxDurationNs: 50_000_000n })).toEqual([])
  })

  describe('a search', () => {
    beforeEach(async () => {
      await put(1, [
        { to: 5, attributes: { 'http.route': '/books/:id', 'http.response.status_code': 200 } },
        { service: 'db', name: 'SELECT book', attributes: { 'db.system.name': 'postgresql', rows: 3 } },
      ])
      await put(
        2,
        [
          {
            to: 50,
            name: 'POST /cart',
            attributes: { 'http.route': '/cart', 'http.response.status_code': 500, 'phaseline.phase': 'gateway' },
            failed: true,
          },
        ],
        START + HOUR,
      )
      await put(
        3,
        [
          {
            to: 500,
            attributes: { 'http.route': '/books/:id', 'http.response.status_code': 404, 'phaseline.phase': 'gateway' },
          },
          { parent: 77 },
          {
            name: 'Auth process_request',
            attributes: { 'phaseline.phase': 'middleware.request', 'phaseline.middleware.name': 'Auth' },
          },
        ],
        START + 2n * HOUR,
      )
      await put(
        4,
        [
          {
            service: 'mail',
            name: 'send',
            kind: 'CONSUMER',
            attributes: { tags: ['a', 'b'], ok: true, 'url.path': '/books/4' },
          },
          { service: 'mail', name: 'retried', kind: 'CLIENT', failed: true, attributes: {} },
        ],
        START + 3n * HOUR,
      )
    })

    test.each(SEARCHES)('for %s', async (_what, filter, expected) => {
      expect(await found(filter)).toEqual(expected)
    })
  })

  test('skew is found', async () => {
    await put(1, [
      { service: 'a', kind: 'CLIENT', from: 0, to: 100 },
      { service: 'b', kind: 'SERVER', from: 5_000, to: 5_050 },
    ])
    await put(2, [{}])
    expect(await found({ skew: true })).toEqual([1])
  })
}

function pages({ store, put, found }: Trial): void {
  test('pages hold everything once, though traces come in and change meanwhile', async () => {
    for (let number = 1; number <= 25; number++) await put(number, [{}])
    const seen: number[] = []
    let next: string | null | undefined
    for (let extra = 100; next !== null; extra++) {
      const page = await store().search({ limit: 4, ...(next === undefined ? {} : { cursor: next }) })
      seen.push(...page.items.map((item) => parseInt(item.traceId, 16)))
      next = page.next
      await put(extra, [{}])
      await put(3, [{}, { name: `change ${extra}` }])
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index))
  })

  test('a last page that is just full has no next one', async () => {
    await put(1, [{}])
    await put(2, [{}])
    expect((await store().search({ limit: 2 })).next).toBeNull()
    expect((await store().search({ limit: 1 })).next).not.toBeNull()
  })

  test.each(['x', '', '-1', '1; DROP TABLE trace', '9'.repeat(30)])('the cursor %j is refused', async (cursor) => {
    await expect(store().search({ cursor })).rejects.toMatchObject({ code: 'bad_cursor' })
  })

  test('searches find what they should among thousands, in every block', async () => {
    const traces = Array.from({ length: 2_500 }, (_, index) =>
      stored(
        spansOf(
          index + 1,
          [{ to: index % 100 === 0 ? 900 : 1, attributes: { mod: index % 7, one: `v${index}` } }],
          START + BigInt(index) * 1_000_000n,
        ),
      ),
    )
    await store().put(traces)
    expect(await found({ attributes: { mod: '3' }, limit: 1_500 })).toEqual(
      traces
        .map((_, index) => index + 1)
        .filter((number) => (number - 1) % 7 === 3)
        .reverse(),
    )
    expect(await found({ attributes: { one: 'v1' } })).toEqual([2])
    expect(await found({ minDurationNs: 900_000_000n, limit: 100 })).toHaveLength(25)
    expect(await found({ from: START + 10_000_000n, to: START + 13_000_000n })).toEqual([13, 12, 11])
    await put(2, [{ to: 77 }, { attributes: { late: 'yes' } }], START - 1n)
    expect(await found({ attributes: { late: 'yes' } })).toEqual([2])
    expect(await found({ minDurationNs: 77_000_000n, maxDurationNs: 77_000_000n, to: START })).toEqual([2])
  })

  test('parts of names are found in every block, those too that came late or were somebody else’s values before', async () => {
    const made = (number: number): Made[] =>
      number === 7
        ? [{ name: 'settle the bill' }]
        : [{ name: `work ${number % 30}`, attributes: { note: number === 8 ? 'refunds' : 'none' } }]
    await store().put(Array.from({ length: 2_500 }, (_, index) => stored(spansOf(index + 1, made(index + 1)))))
    expect(await found({ text: 'ettle' })).toEqual([7])
    await put(9, [{}, { name: 'charge back' }])
    await put(1_500, [{}, { name: 'settle the bill' }])
    await put(3_000, [{ name: 'refunds' }])
    expect(await found({ text: 'harge' })).toEqual([9])
    expect(await found({ text: 'ettle' })).toEqual([1_500, 7])
    expect(await found({ text: 'efunds' })).toEqual([3_000, 8])
  })
}

function sums({ store, put }: Trial): void {
  test('services, their operations and who calls whom are known', async () => {
    await put(1, [{}, { kind: 'CLIENT', name: 'call' }, { parent: 2, service: 'stock', kind: 'SERVER', name: 'GET /stock' }])
    await put(2, [{}])
    expect(await store().services()).toEqual(['shop', 'stock'])
    expect(await store().operations('shop')).toEqual([
      { name: 'GET /books/:id', kind: 'SERVER' },
      { name: 'call', kind: 'CLIENT' },
    ])
    expect(await store().operations('nobody')).toEqual([])
    expect(await store().dependencies(START - HOUR, START + HOUR)).toEqual([{ parent: 'shop', child: 'stock', calls: 1 }])
    expect(await store().dependencies(START + 2n * HOUR, START + 3n * HOUR)).toEqual([])
  })

  test('waiting in a queue and being accepted are not calls of their own', async () => {
    const before = (phase: string): Made => ({ parent: 1, service: 'shop', attributes: { 'phaseline.phase': phase } })
    const gateway: Made = { parent: 1, service: 'shop', kind: 'SERVER', attributes: { 'phaseline.phase': 'gateway' } }
    await put(1, [{ service: 'nginx', kind: 'SERVER' }, before('queue'), before('gateway.accept'), gateway])
    expect(await store().dependencies(START, START)).toEqual([{ parent: 'nginx', child: 'shop', calls: 1 }])
  })

  test('a new version of a trace does not count its calls twice', async () => {
    const calls: Made[] = [{}, { parent: 1, service: 'stock', kind: 'SERVER' }]
    await put(1, calls)
    await put(1, [...calls, { parent: 1, service: 'stock', kind: 'SERVER', name: 'again' }])
    expect(await store().dependencies(START, START)).toEqual([{ parent: 'shop', child: 'stock', calls: 2 }])
  })
}

function forgets({ store, put, found }: Trial): void {
  test('what is too old goes, and only that', async () => {
    await put(1, [{}])
    expect(await store().retain({ maxAgeMs: 60_000 })).toBe(0)
    expect(await store().retain({ maxAgeMs: 60_000 }, Date.now() + 120_000)).toBe(1)
    expect(await found({})).toEqual([])
    expect(await store().timeline(traceId(1))).toBeUndefined()
    expect(await store().stats()).toMatchObject({ traces: 0, spans: 0 })
  })

  test('a clock that was wrong for a while takes nothing young away, and leaves nothing old', async () => {
    const [now, day] = [Date.now(), 86_400_000]
    const clock = vi.spyOn(Date, 'now')
    const times = [now - 9 * day, now + 400 * day, now - 8 * day, now - day, now - day, 1_000, 2_000, 3_000, now - day, now]
    for (const [index, time] of times.entries()) {
      clock.mockReturnValue(time)
      await put(index + 1, [{}])
    }
    clock.mockRestore()
    expect(await store().retain({ maxAgeMs: 7 * day }, 5_000)).toBe(0)
    expect(await store().retain({ maxAgeMs: 7 * day }, now)).toBe(3)
    expect(await found({})).toEqual([10, 9, 8, 7, 6, 5, 4])
    expect(await store().retain({ maxAgeMs: 7 * day }, now + 8 * day)).toBe(7)
  })

  test('what is too much goes, the oldest first', async () => {
    for (let number = 1; number <= 40; number++) {
      const noise = Array.from({ length: 2_000 }, () => Math.random().toString(36)).join('')
      await put(number, [{ attributes: { noise } }])
    }
    expect(await store().retain({ maxBytes: 400_000 })).toBeGreaterThan(0)
    const left = await found({ limit: 100 })
    expect(left[0]).toBe(40)
    expect(left).not.toContain(1)
    expect(left.length).toBeGreaterThan(5)
  })
}

function bears({ store, put, found }: Trial): void {
  test('times beyond 2262, before 1970 and turned around are kept', async () => {
    const far = 2n ** 64n - 10n ** 9n
    await put(1, [{}], far)
    await put(2, [{}], 0n)
    await put(3, [{ from: 50, to: 10 }])
    expect((await store().timeline(traceId(1)))?.spans[0]?.rawStart).toBe(far)
    expect(await found({})).toEqual([3, 2, 1])
  })

  test('names of every kind are kept and found', async () => {
    const names = ['', '__proto__', 'constructor', "o'neil", 'naïve ☕', 'a\0b', 'x'.repeat(5_000)]
    for (const [index, name] of names.entries())
      await put(index + 1, [{ name, service: name || 'nameless', attributes: { [name]: name } }])
    for (const [index, name] of names.entries()) expect(await found({ operation: name })).toEqual([index + 1])
    expect((await store().timeline(traceId(2)))?.spans[0]?.name).toBe('__proto__')
  })

  test('a name of a megabyte is cut in lists, and is no operation', async () => {
    const long = 'n'.repeat(1_000_000)
    await put(1, [{ name: long }, { attributes: { [long]: 'x' } }])
    const { items } = await store().search({ service: 'shop' })
    expect(items[0]?.name.length).toBeLessThan(2_000)
    // Whole or not at all.
    expect([undefined, long]).toContain(items[0]?.received?.root?.name)
    expect((await store().timeline(traceId(1)))?.spans[0]?.name).toBe(long)
    expect((await store().operations('shop')).map(({ name }) => name)).toEqual(['work'])
  })

  test('a large trace is kept and found like any other, and what is put after it comes after it', async () => {
    const many = (name: string): Made[] =>
      Array.from({ length: 5_000 }, (_, i) => ({ name: `${name} ${i % 7}`, attributes: { text: `${i}`.repeat(99) } }))
    const large = stored(spansOf(1, many('large')))
    expect(large.otlp.length).toBeGreaterThan(1_048_576)
    await Promise.all([store().put([large]), put(1, [{ name: 'later' }]), put(2, [{}])])
    expect(await found({})).toEqual([2, 1])
    expect((await store().timeline(traceId(1)))?.spans.map(({ name }) => name)).toEqual(['later'])
    await Promise.all([store().put([large]), put(3, [{}])])
    expect(await found({})).toEqual([3, 2, 1])
    expect(await found({ operation: 'large 6' })).toEqual([1])
    expect(await found({ attributes: { text: '7'.repeat(99) } })).toEqual([1])
    expect(Buffer.compare((await store().otlp(traceId(1))) ?? Buffer.of(), large.otlp)).toBe(0)
    expect((await store().operations('shop')).map(({ name }) => name)).toContain('large 3')
  })

  test('what an event of a span says is found', async () => {
    const [span] = spansOf(1, [{}])
    const attributes = new Map([['exception.type', 'TypeError']])
    await store().put([stored([{ ...span!, events: [{ time: START, name: 'exception', attributes }] }])])
    expect(await found({ attributes: { 'exception.type': 'TypeError' } })).toEqual([1])
    expect(await found({ attributes: { 'exception.type': 'RangeError' } })).toEqual([])
  })

  test('a trace of more values than are kept is found by all that took part in it', async () => {
    const values = Array.from({ length: 5_000 }, (_, index): Made => ({ attributes: { value: `v${index}` } }))
    const late: Made = { service: 'late', name: 'at last', from: 90, attributes: { 'http.route': '/late' } }
    await put(1, [...values, late])
    for (const filter of [{ service: 'late' }, { service: 'late', operation: 'at last' }, { route: '/late' }] as Filter[])
      expect(await found(filter)).toEqual([1])
    const names = Array.from({ length: 5_000 }, (_, index): Made => ({ name: `name ${index}` }))
    await put(2, [...names, late])
    expect(await found({ service: 'late' })).toEqual([2, 1])
  })

  test('a service whose names are made up for every request hides no other', async () => {
    const flood = Array.from({ length: 101_000 }, (_, index): Made => ({ name: `GET /users/${index}` }))
    await put(1, flood)
    await put(2, [{ service: 'newcomer', name: 'GET /' }])
    expect(await store().services()).toEqual(['newcomer', 'shop'])
    expect(await store().operations('newcomer')).toEqual([{ name: 'GET /', kind: 'SERVER' }])
    expect((await store().operations('shop')).length).toBeGreaterThan(1_000)
  })

  test('what a batch that failed would have changed is found as it was, and is changed by the next one', async () => {
    const startOf = (number: number): bigint => (number === 2 ? START + HOUR : START)
    const all = Array.from({ length: 1_100 }, (_, index) => stored(spansOf(index + 1, [{}], startOf(index + 1))))
    await store().put(all)
    const late = stored(spansOf(2, [{ to: 900, attributes: { late: 'yes' } }], START - HOUR))
    const bad = {
      ...stored(spansOf(3, [{}])),
      summary: { ...late.summary, traceId: traceId(3), start: null as unknown as bigint },
    }
    await expect(store().put([late, bad])).rejects.toThrow()
    const of2 = async (filter: Filter): Promise<boolean> => (await found({ ...filter, limit: 1_500 })).includes(2)
    expect(await of2({ from: START + HOUR, maxDurationNs: 100_000_000n })).toBe(true)
    expect(await of2({ attributes: { late: 'yes' } })).toBe(false)
    await store().put([late])
    expect(await of2({ to: START, minDurationNs: 900_000_000n, attributes: { late: 'yes' } })).toBe(true)
  })

  test('all of a batch is kept or nothing', async () => {
    const { summary, ...rest } = stored(spansOf(2, [{}]))
    const bad = { ...rest, summary: { ...summary, traceId: null as unknown as string } }
    for (const size of [1, 5_000]) {
      const good = stored(
        spansOf(
          1,
          Array.from({ length: size }, (_, i) => ({ name: 'gone', attributes: { text: `${i}`.repeat(99) } })),
        ),
      )
      await expect(store().put([good, bad])).rejects.toThrow()
      expect(await found({})).toEqual([])
    }
    await put(3, [{ name: 'kept', service: 'fresh' }])
    expect(await found({ operation: 'kept' })).toEqual([3])
    expect(await store().services()).toEqual(['fresh'])
  })
}
