import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { collect } from '../../src/collector/index.ts'
import { OWN } from '../../src/model/attributes.ts'
import type { Span } from '../../src/model/span.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import type { Store } from '../../src/store/contract.ts'
import { spansOf, traceId } from '../store/traces.ts'
import { folder, nextTimeline, running, send, sendSpans } from './running.ts'

const NEVER = { rooted: 1e9, rootless: 1e9, most: 1e9 }

test('spans of one trace from several senders become one timeline, which is told', async () => {
  const collector = await running({ patience: { rooted: 20, rootless: 20, most: 1e9 } })
  const [root, ...others] = spansOf(1, [{}, { service: 'db' }, { service: 'cache' }])
  const told = nextTimeline(collector, (summary) => summary.spanCount === 3)
  for (const span of [...others, root]) await sendSpans(collector, [span as NonNullable<typeof span>])
  expect(await told).toMatchObject({ traceId: traceId(1), services: ['cache', 'db', 'shop'] })
  expect((await collector.store.timeline(traceId(1)))?.spans).toHaveLength(3)
})

test('a late span makes a new version of the timeline that is the same as if it had come in time', async () => {
  const spans = spansOf(1, [{}, { name: 'early' }, { name: 'late' }])
  const late = await running()
  await sendSpans(late, spans.slice(0, 2))
  await late.flush()
  const before = await late.store.timeline(traceId(1))
  await sendSpans(late, spans.slice(2))
  await late.flush()
  const punctual = await running()
  await sendSpans(punctual, spans)
  await punctual.flush()
  const after = await late.store.timeline(traceId(1))
  expect(after?.version).toBe((await punctual.store.timeline(traceId(1)))?.version)
  expect(after?.version).not.toBe(before?.version)
  expect(await late.store.stats()).toMatchObject({ traces: 1, spans: 3 })
})

test('a trace of ten megabytes is stored whole, however it came, and with what comes late', async () => {
  const spans = spansOf(
    1,
    Array.from({ length: 3_000 }, (_, i) => ({ name: `${i} ${'long '.repeat(700)}`, service: `service ${i % 3}` })),
  )
  const collector = await running({ patience: NEVER })
  const onTime = spans.slice(0, 2_990)
  const told = nextTimeline(collector)
  for (let from = 0; from < onTime.length; from += 333) await sendSpans(collector, onTime.slice(from, from + 333))
  await collector.flush()
  expect(await told).toMatchObject({ version: stitch(onTime).version, spanCount: 2_990 })
  expect((await collector.store.timeline(traceId(1)))?.version).toBe(stitch(onTime).version)
  for (const late of [spans.slice(2_980), spans.slice(0, 2_990)]) await sendSpans(collector, late)
  await collector.flush()
  const timeline = await collector.store.timeline(traceId(1))
  expect(timeline?.version).toBe(stitch(spans).version)
  expect(timeline?.warnings.get('duplicate')).toBe(2_990)
})

test('a trace that is sent again and again does not grow, and says that spans came twice', async () => {
  const collector = await running()
  const spans = spansOf(1, [{}, { name: 'child' }])
  const sizes: number[] = []
  for (let time = 0; time < 4; time++) {
    await sendSpans(collector, spans)
    await collector.flush()
    sizes.push((await collector.store.otlp(traceId(1)))?.length ?? 0)
  }
  expect(sizes[1]).toBeGreaterThan(sizes[0] as number)
  expect(sizes.slice(2)).toEqual([sizes[1], sizes[1]])
  expect((await collector.store.timeline(traceId(1)))?.warnings.get('duplicate')).toBe(2)
})

test('a request that hangs is shown while it hangs, does not grow with each snapshot, and its end replaces them', async () => {
  const collector = await running({ data: folder() })
  const snapshot = (to: number): Span[] =>
    spansOf(1, [
      { to, attributes: { [OWN.inFlight]: true, 'url.path': `/after/${to}` } },
      { name: 'done', to: 5 },
    ])
  const sizes: number[] = []
  for (const to of [1_000, 2_000, 3_000]) {
    const told = nextTimeline(collector, ({ inFlight }) => inFlight)
    await sendSpans(collector, snapshot(to))
    expect((await told).durationNs).toBe(BigInt(to) * 1_000_000n)
    sizes.push((await collector.store.otlp(traceId(1)))?.length ?? 0)
  }
  expect((await collector.store.search({ inFlight: true })).items).toHaveLength(1)
  const ended = nextTimeline(collector, ({ inFlight }) => !inFlight)
  await sendSpans(collector, spansOf(1, [{ to: 4_000 }]))
  expect(await ended).toMatchObject({ durationNs: 4_000_000_000n, spanCount: 2 })
  expect((await collector.store.search({ inFlight: true })).items).toEqual([])
  // The child came twice from the second snapshot on, and is kept twice.
  expect(sizes[2]).toBe(sizes[1])
  const { accepted, stored, dropped } = collector.stats()
  expect([accepted, stored, dropped]).toEqual([7, 7, 0])
})

test('close stores what still waits', async () => {
  const data = folder()
  const first = await collect({ otlpPort: 0, data, patience: NEVER })
  await sendSpans(first, spansOf(1, [{}]))
  expect(first.stats()).toMatchObject({ accepted: 1, pending: 1, stored: 0 })
  await first.close()
  const second = await running({ data })
  expect(second.stats()).toMatchObject({ accepted: 0, pending: 0 })
  expect((await second.store.search({})).items).toHaveLength(1)
})

test('the log of what waits is gone once everything is stored', async () => {
  const data = folder()
  const collector = await running({ data, patience: NEVER })
  for (let number = 1; number < 20; number++) await sendSpans(collector, spansOf(number, [{}]))
  expect(readdirSync(join(data, 'intake'))).not.toEqual([])
  await collector.flush()
  expect(readdirSync(join(data, 'intake'))).toEqual([])
})

/** A collector in a process of its own, until it is killed. @returns its port and how to kill it */
function inProcess(data: string): Promise<{ port: number; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'victim.ts'), data], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  onTestFinished(kill)
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the collector ended')))
    child.stdout.once('data', (port: Buffer) => resolve({ port: Number(port), kill }))
  })
}

test('what was acknowledged survives kill -9, stored or not, and is there once', async () => {
  const data = folder()
  const { port, kill } = await inProcess(data)
  const sent = 30
  for (let number = 1; number <= sent; number++) {
    const answer = await send(port, encodeSpans(spansOf(number, [{}, { name: 'child' }])))
    expect(answer.status).toBe(200)
    if (number === sent / 2) await storeNow(port)
  }
  await kill()
  const after = await running({ data })
  await after.flush()
  const { items } = await after.store.search({ limit: 100 })
  expect(items.map((item) => item.traceId).sort()).toEqual(Array.from({ length: sent }, (_, index) => traceId(index + 1)))
  expect(items.map((item) => [item.spanCount, item.warnings.size])).toEqual(items.map(() => [2, 0]))
})

/** The victim begins to store what it has, so that some traces are in the log and in the store, or only in the store. */
async function storeNow(port: number): Promise<void> {
  expect((await send(port, '', { path: '/v1/metrics' })).status).toBe(200)
}

test('spans that are in the log and already in the store are not there twice', async () => {
  const data = folder()
  const first = await collect({ otlpPort: 0, data, patience: NEVER })
  const spans = spansOf(1, [{}, {}])
  await sendSpans(first, spans)
  cpSync(join(data, 'intake'), join(data, 'copy'), { recursive: true })
  await first.close()
  cpSync(join(data, 'copy'), join(data, 'intake'), { recursive: true })
  const second = await running({ data })
  await second.flush()
  expect((await second.store.search({})).items).toMatchObject([{ spanCount: 2, warnings: new Map() }])
})

test('a trace that cannot be stored is dropped and counted, and the others are stored', async () => {
  const inner = await running()
  const store: Store = Object.assign(Object.create(inner.store) as Store, {
    put: (traces: Parameters<Store['put']>[0]) =>
      traces.some((trace) => trace.summary.traceId === traceId(13))
        ? Promise.reject(new Error('unlucky'))
        : inner.store.put(traces),
    otlp: (id: string) => inner.store.otlp(id),
  })
  const said: string[] = []
  const collector = await running({ store, warn: (sentence) => said.push(sentence), patience: NEVER })
  await sendSpans(collector, spansOf(12, [{}]))
  await collector.flush()
  await sendSpans(collector, spansOf(13, [{}, {}]))
  await collector.flush()
  expect(collector.stats()).toMatchObject({ accepted: 3, stored: 1, dropped: 2, pending: 0 })
  expect(said).toEqual([expect.stringContaining('unlucky')])
})

test('spans from files are taken like those from the network', async () => {
  const collector = await running()
  expect(collector.add(spansOf(1, [{}, {}]))).toBe(2)
  await collector.flush()
  expect((await collector.store.timeline(traceId(1)))?.spans).toHaveLength(2)
})

test('several collectors work side by side, but not on one folder', async () => {
  const data = folder()
  await running({ data })
  await running({ data: folder() })
  await expect(collect({ otlpPort: 0, data })).rejects.toMatchObject({ code: 'data_in_use' })
})

const IMPOSSIBLE = [...(process.platform === 'linux' ? ['/proc/phaseline'] : []), join(import.meta.filename, 'folder')]

test.each(IMPOSSIBLE)('a folder that cannot be made is said to be of no use: %s', async (data) => {
  const refused = { code: 'data_unusable', message: expect.stringContaining('choose another folder with --data') as string }
  await expect(collect({ data, otlpPort: 0 })).rejects.toMatchObject(refused)
})

test('a log that cannot be removed ends nothing: spans are stored, and those that follow, too', async () => {
  const data = folder()
  const collector = await running({ data, patience: NEVER })
  for (const number of [1, 2]) {
    await sendSpans(collector, spansOf(number, [{}]))
    const [log] = readdirSync(join(data, 'intake')) as [string]
    rmSync(join(data, 'intake', log))
    mkdirSync(join(data, 'intake', log))
    await collector.flush()
    rmSync(join(data, 'intake', log), { recursive: true })
  }
  expect(collector.stats()).toMatchObject({ accepted: 2, stored: 2, pending: 0, dropped: 0 })
})

test('of a log that the disk has damaged all else is read', async () => {
  const data = folder()
  const first = await collect({ otlpPort: 0, data, patience: NEVER })
  for (const number of [1, 2, 3]) await sendSpans(first, spansOf(number, [{ name: `number ${number}` }]))
  const [log] = readdirSync(join(data, 'intake')) as [string]
  const bytes = readFileSync(join(data, 'intake', log))
  await first.close()
  rmSync(join(data, 'timelines.db'))
  bytes.fill(0, bytes.indexOf('number 2'), bytes.indexOf('number 2') + 8)
  writeFileSync(join(data, 'intake', log), bytes)
  const said: string[] = []
  const second = await running({ data, warn: (sentence) => said.push(sentence) })
  await second.flush()
  expect((await second.store.search({})).items.map((item) => item.traceId).sort()).toEqual([traceId(1), traceId(3)])
  expect(said).toEqual([expect.stringMatching(/^\d+ bytes of spans in the log are damaged and are lost$/)])
})

test('a log that the disk has damaged unnoticed costs what was damaged, and is said; the collector starts', async () => {
  const data = folder()
  const first = await collect({ otlpPort: 0, data, patience: NEVER })
  const many = spansOf(1, [{ attributes: { long: 'x'.repeat(100_000) } }])
  await sendSpans(first, many)
  await sendSpans(first, spansOf(2, [{}]))
  const [log] = readdirSync(join(data, 'intake')) as [string]
  const bytes = readFileSync(join(data, 'intake', log))
  await first.close()
  rmSync(join(data, 'timelines.db'))
  // A block of zeros where the length of an attribute was.
  bytes.fill(0, bytes.indexOf('long') - 2, bytes.indexOf('long') + 4)
  writeFileSync(join(data, 'intake', log), bytes)
  const said: string[] = []
  const second = await running({ data, warn: (sentence) => said.push(sentence) })
  expect(second.stats().accepted).toBe(1)
  expect(said).toEqual([expect.stringMatching(/^\d+ bytes of spans in the log are damaged and are lost: /)])
  await second.flush()
  expect((await second.store.search({})).items.map((item) => item.traceId)).toEqual([traceId(2)])
})

test('spans are stored though the clock is set back by an hour', async () => {
  const collector = await running({ patience: { rooted: 20, rootless: 20, most: 20 } })
  const told = nextTimeline(collector)
  await sendSpans(collector, spansOf(1, [{}]))
  const real = Date.now
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000)
  onTestFinished(() => clock.mockRestore())
  await told
  expect(collector.stats()).toMatchObject({ stored: 1, pending: 0 })
})

test('a collector that is closed takes nothing: its log is another one’s by then', async () => {
  const data = folder()
  const collector = await collect({ otlpPort: 0, data })
  await collector.close()
  expect(() => collector.add(spansOf(1, [{}]))).toThrow('the collector is closed')
  expect([collector.stats().accepted, readdirSync(join(data, 'intake'))]).toEqual([0, []])
})

test('a collector that cannot start leaves its folder to the next one', async () => {
  const data = folder()
  writeFileSync(join(data, 'intake'), 'in the way')
  await expect(collect({ otlpPort: 0, data })).rejects.toThrow('EEXIST')
  rmSync(join(data, 'intake'))
  expect((await running({ data })).stats().accepted).toBe(0)
})
