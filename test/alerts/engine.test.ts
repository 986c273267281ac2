import { expect, test } from 'vitest'
import { DEFAULT_RULES } from '../../src/alerts/rule.ts'
import { bench, inMemory, rule, SESSION } from './support.ts'

test('a middleware that stays slow goes inactive → pending → firing, and tells once', () => {
  const { engine, pass, changes } = bench([rule()])
  pass(60, 2)
  expect(engine.alerts()).toEqual([])
  pass(10, 200)
  expect(engine.alerts()[0]?.state).toBe('pending')
  pass(70, 200)
  expect(engine.alerts()[0]?.state).toBe('firing')
  pass(600, 200)
  expect(changes()).toEqual(['firing'])
})

test('it resolves once it has been fast for a while, and says so once', () => {
  const { engine, pass, changes } = bench([rule()])
  pass(120, 200)
  pass(300, 2)
  expect(changes()).toEqual(['firing', 'resolved'])
  expect(engine.alerts()[0]?.state).toBe('inactive')
})

test('what flickers around its threshold fires once', () => {
  const { pass, changes } = bench([rule()])
  pass(120, 200)
  for (let i = 0; i < 20; i++) {
    pass(10, 10, 100)
    pass(10, 200, 100)
  }
  expect(changes()).toEqual(['firing'])
})

test('a short spike never fires', () => {
  const { pass, changes } = bench([rule({ window: '10s' })])
  pass(60, 2)
  pass(20, 500)
  pass(300, 2)
  expect(changes()).toEqual([])
})

test('too few requests say nothing', () => {
  const { engine, clock, changes } = bench([rule({ minCount: 50 })])
  for (let i = 0; i < 30; i++) {
    clock.now += 10_000
    engine.series.observe({
      subject: SESSION,
      selfSeconds: 3,
      share: 1,
      error: true,
      traceId: 't',
      at: clock.now,
    })
    engine.tick()
  }
  expect(changes()).toEqual([])
})

test('an alert resolves when no requests come any more', () => {
  const { engine, clock, pass, changes } = bench([rule()])
  pass(120, 200)
  for (let i = 0; i < 30; i++) {
    clock.now += 10_000
    engine.tick()
  }
  expect(changes()).toEqual(['firing', 'resolved'])
})

test('a rule may name a factor over what is usual', () => {
  const { engine, pass, changes } = bench([rule({ above: undefined, timesUsual: 3 })])
  pass(3600, 10)
  expect(engine.alerts()).toEqual([])
  pass(200, 25)
  expect(engine.alerts()).toEqual([])
  pass(200, 40)
  expect(changes()).toEqual(['firing'])
  const reading = engine.alerts()[0]?.reading
  expect(reading?.threshold).toBeGreaterThan(29)
  expect(reading?.threshold).toBeLessThan(32)
})

test('what is slow does not become usual while the alert is on', () => {
  const { engine, pass, changes } = bench([rule({ above: undefined, timesUsual: 3 })])
  pass(3600, 10)
  pass(4 * 3600, 40)
  expect(changes()).toEqual(['firing', 'repeated'].slice(0, changes().length))
  expect(engine.alerts()[0]?.state).toBe('firing')
})

test('nothing is slow by a factor below the least that matters', () => {
  const { pass, changes } = bench([rule({ above: undefined, timesUsual: 3, atLeast: '5ms' })])
  pass(3600, 0.1)
  pass(600, 2)
  expect(changes()).toEqual([])
})

test('a firing alert is told again after the repeat interval', () => {
  const { pass, changes } = bench([rule({ repeat: '10m' })])
  pass(60 + 25 * 60, 200)
  expect(changes()).toEqual(['firing', 'repeated', 'repeated'])
})

test.each([
  ['share', { share: 0.6 }, 0.4],
  ['error_rate', { error: true }, 0.1],
])('%s is a figure too', (figure, observed, above) => {
  const { pass, changes } = bench([rule({ figure, above })])
  pass(180, 1, 1, observed)
  expect(changes()).toEqual(['firing'])
})

test('what is told carries the figure, the threshold, since when, and two timelines to look at', () => {
  const { engine, clock, pass } = bench([rule({ help: 'look here' })])
  pass(119, 200)
  engine.series.observe({
    subject: SESSION,
    selfSeconds: 0.9,
    share: 0.9,
    error: false,
    traceId: 'worst',
    at: clock.now,
  })
  pass(1, 200)
  engine.tick()
  const { notification } = engine.history[0] as (typeof engine.history)[0]
  expect(notification).toMatchObject({
    change: 'firing',
    alert: 'Slow',
    unit: 'ms',
    threshold: 50,
    help: 'look here',
    labels: { alertname: 'Slow', service: 'bookshop', name: 'SessionMiddleware', hook: 'process_response' },
  })
  expect(notification.summary).toMatch(
    /^SessionMiddleware process_response on bookshop: 1 call in 20 takes 2\d\d ms or more of its own time \(p95\); the limit is 50 ms$/,
  )
  expect(notification.links.typical).toMatch(/^http:\/\/127\.0\.0\.1:7427\/trace\/\d+$/)
  expect(new Date(notification.since).getTime()).toBeLessThan(clock.now - 59_000)
})

test('a restart neither loses nor repeats an alert', () => {
  const memory = inMemory()
  const before = bench([rule()], { memory })
  before.pass(200, 200)
  before.engine.save()
  const after = bench([rule()], { memory })
  after.clock.now = before.clock.now
  after.pass(60, 200)
  expect(after.engine.alerts()[0]?.state).toBe('firing')
  expect(after.told).toEqual([])
  after.pass(300, 1)
  expect(after.changes()).toEqual(['firing', 'resolved'])
})

test('killed right after it began to fire, and back with little to go by, it goes on firing and tells nobody again', async () => {
  const memory = inMemory()
  const before = bench([rule({ window: '5m' })], { memory })
  before.pass(60, 200)
  before.engine.save()
  before.pass(30, 200)
  await expect.poll(() => before.told.length).toBe(1)
  // What came since the last save is gone, and for two minutes too few requests come to say anything.
  const after = bench([rule({ window: '5m', minCount: 100 })], { memory, now: () => before.clock.now + 60_000 })
  after.pass(120, 200, 0)
  after.pass(120, 200)
  expect(after.engine.alerts()[0]?.state).toBe('firing')
  expect(after.changes()).toEqual(['firing'])
  expect(after.told).toEqual([])
})

test('what could not be told before a crash is told after it', async () => {
  const memory = inMemory()
  const deaf = { name: 'test', refreshed: false, deliver: () => Promise.reject(new Error('nobody there')) }
  const before = bench([rule()], { memory, targets: [deaf] })
  before.pass(120, 200)
  await expect.poll(() => before.engine.targets()[0]?.lastError).toBe('nobody there')
  const after = bench([rule()], { memory, now: () => before.clock.now })
  await expect.poll(() => after.told.map(({ change }) => change)).toEqual(['firing'])
  const { id } = before.engine.history[0]!.notification
  expect(after.told[0]?.id).toBe(id)
  const third = bench([rule()], { memory, now: () => before.clock.now })
  expect(third.engine.targets()[0]?.waiting).toBe(0)
  await before.engine.close()
})

test('counters begin anew with each process: one that came back a little lower would be a jump to Prometheus', () => {
  const memory = inMemory()
  const before = bench([rule()], { memory })
  before.pass(60, 2)
  before.engine.save()
  const after = bench([rule()], { memory })
  expect([...before.engine.series][0]?.total.count).toBe(60)
  expect([...after.engine.series][0]?.total.count).toBe(0)
})

test.each(['', '{', '{"format":99}', '{"format":2}'])('a memory that says %j is a fresh start', (text) => {
  const { pass, changes } = bench([rule()], { memory: { load: () => text, save: () => {} } })
  pass(180, 200)
  expect(changes()).toEqual(['firing'])
})

test('nothing alerts on a quiet system with the default rules', () => {
  const { pass, changes } = bench(DEFAULT_RULES)
  pass(4 * 3600, 3)
  expect(changes()).toEqual([])
})

test('the default rules notice a middleware that got slow', () => {
  const { pass, changes } = bench(DEFAULT_RULES)
  pass(1800, 3)
  pass(1200, 120)
  expect(changes()).toEqual(['firing', 'firing'])
})

test('too many subjects share one series, and are counted', async () => {
  const { SeriesBook } = await import('../../src/alerts/book.ts')
  const book = new SeriesBook(100)
  for (let i = 0; i < 1000; i++)
    book.observe({
      subject: { ...SESSION, route: `/r${i}` },
      selfSeconds: 1,
      share: 1,
      error: false,
      traceId: 't',
      at: 1e12,
    })
  expect(book.size).toBe(101)
  expect(book.overflowed).toBe(900)
  expect([...book].reduce((sum, series) => sum + series.total.count, 0)).toBe(1000)
})

test('a middleware that is slow on many routes is told once, and each route by itself where a rule wants that', () => {
  const routes = ['/a', '/b', '/c']
  const told = (perRoute: boolean): string[] => {
    const { engine, pass } = bench([rule({ perRoute })])
    for (let second = 0; second < 120; second++) {
      for (const route of routes) pass(1, 200, 1, { subject: { ...SESSION, route } })
      engine.tick()
    }
    return engine.history.map(({ change, notification }) => `${change} ${notification.labels['route'] ?? 'all'}`)
  }
  expect(told(false)).toEqual(['firing all'])
  expect(told(true).sort()).toEqual(routes.map((route) => `firing ${route}`))
})

test('an alert whose rule speaks of others since a restart resolves', () => {
  const memory = inMemory()
  const before = bench([rule()], { memory })
  before.pass(120, 200)
  before.engine.save()
  const after = bench([rule({ where: { phase: 'middleware.*', name: 'Other' } })], { memory, now: () => before.clock.now })
  after.pass(300, 200)
  expect(after.changes()).toEqual(['firing', 'resolved'])
})

test('an alert that survived a crash which its series did not resolves', () => {
  const memory = inMemory()
  const before = bench([rule()], { memory })
  before.pass(120, 200)
  expect(before.changes()).toEqual(['firing'])
  const after = bench([rule()], { memory, now: () => before.clock.now })
  after.pass(300, 200, 0)
  expect(after.changes()).toEqual(['firing', 'resolved'])
})

test('only so many alerts that have resolved are kept, the latest', () => {
  const { engine, clock, pass } = bench([rule({ perRoute: true, for: '0s' })])
  const measure = { selfSeconds: 0.2, share: 0.5, error: false, traceId: '1' }
  for (let part = 0; part < 3; part++) {
    const subjects = Array.from({ length: 500 }, (_, place) => ({ ...SESSION, route: `/${part}/${place}` }))
    for (const subject of subjects) for (let i = 0; i < 5; i++) engine.series.observe({ subject, ...measure, at: clock.now })
    pass(120, 200, 0)
  }
  const kept = engine.alerts()
  expect([kept.length, kept.every(({ state }) => state === 'inactive')]).toEqual([1_000, true])
  expect(new Set(kept.map(({ subject }) => subject.route.slice(0, 3)))).toEqual(new Set(['/1/', '/2/']))
})

test('alerts go on when the clock is set back by an hour', () => {
  const { clock, pass, changes } = bench([rule()])
  pass(1_800, 1)
  clock.now -= 3_600_000
  pass(180, 200)
  expect(changes()).toEqual(['firing'])
  clock.now -= 3_600_000
  pass(300, 1)
  expect(changes()).toEqual(['firing', 'resolved'])
})

test('what still fires is told to Alertmanager though the clock was set back', async () => {
  const told: string[] = []
  const target = {
    name: 'test',
    refreshed: true,
    deliver: ({ change }: { change: string }) => (told.push(change), Promise.resolve()),
  }
  const { clock, pass } = bench([rule()], { targets: [target] })
  pass(120, 200)
  await expect.poll(() => told.length).toBeGreaterThan(0)
  const before = told.length
  clock.now -= 3_600_000
  pass(20, 200)
  await expect.poll(() => told.length).toBeGreaterThan(before)
})

test('what waits for a target is told to it though another one was added before it', async () => {
  const memory = inMemory()
  const deaf = { name: 'b', refreshed: false, deliver: () => Promise.reject(new Error('nobody there')) }
  const before = bench([rule()], { memory, targets: [deaf] })
  before.pass(120, 200)
  await expect.poll(() => before.engine.targets()[0]?.lastError).toBe('nobody there')
  const told: string[] = []
  const of = (name: string) => ({ name, refreshed: false, deliver: () => (told.push(name), Promise.resolve()) })
  const after = bench([rule()], { memory, now: () => before.clock.now, targets: [of('a'), of('b')] })
  await expect.poll(() => told).toEqual(['b'])
  await before.engine.close()
  await after.engine.close()
})
