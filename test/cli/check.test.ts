import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStation, type Station } from '../../src/station/station.ts'
import { freePort } from '../free-port.ts'
import { phaseline } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'phaseline-check-'))
const closers: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
  rmSync(folder, { recursive: true, force: true })
})

/** The app's own address; the port that it sends to, where nobody listens until `check` does. */
let [url, otlpPort] = ['', '']
let station: Station
let stationUrl = ''

async function startApp(otlp: string): Promise<string> {
  const register = new URL('../../src/register.ts', import.meta.url).href
  const child = spawn(process.execPath, ['--import', register, join(import.meta.dirname, 'check-app.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: otlp, OTEL_SERVICE_NAME: 'shop', OTEL_BSP_SCHEDULE_DELAY: '50' },
  })
  closers.push(async () => {
    const over = once(child, 'exit')
    child.kill()
    await over
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return `http://127.0.0.1:${line}/books/7`
}

beforeAll(async () => {
  otlpPort = String(await freePort())
  station = await openStation({ port: 0, otlpPort: 0, tell: false })
  closers.push(() => station.close())
  ;[url, stationUrl] = await Promise.all([startApp(`http://127.0.0.1:${otlpPort}`), startApp(station.otlp)])
}, 30_000)

let files = 0
function rulesFile(...rules: object[]): string {
  const file = join(folder, `rules-${++files}.json`)
  writeFileSync(file, JSON.stringify({ rules }))
  return file
}

async function run(...args: string[]): Promise<{ code: number; said: string; complained: string }> {
  const program = phaseline(['check', ...args])
  const code = await program.ended()
  return { code, said: program.said(), complained: program.complained() }
}

const SLOW = { name: 'SlowMiddleware', where: { phase: 'middleware.*' }, figure: 'p95', above: '15ms', minCount: 5 }

test(
  'a running app is driven, and a broken budget is told: what, figure, limit, how many calls',
  { timeout: 60_000 },
  async () => {
    const { code, said } = await run(
      '--url',
      url,
      '--requests',
      '10',
      '--warmup',
      '3',
      '--otlp-port',
      otlpPort,
      '--rules',
      rulesFile(SLOW),
    )
    expect(said).toContain('10 requests counted, 10 timelines came · answers: 13 × 200')
    expect(said).toMatch(
      /^broken {4}SlowMiddleware {2}shop sessions process_request: p95 \d+(\.\d+)? ms, limit 15 ms \(10 calls\) {2}slowest: [0-9a-f]{32}$/m,
    )
    expect(said).toMatch(/^kept {6}SlowMiddleware {2}shop tokens process_request: p95 .* \(10 calls\)$/m)
    expect(code).toBe(1)
  },
)

test('kept budgets end with 0; too few calls say how many are needed, and none say so too', { timeout: 60_000 }, async () => {
  const rules = rulesFile(
    { ...SLOW, above: '10s' },
    { ...SLOW, name: 'NeedsMore', where: { name: 'sessions' }, minCount: 100 },
    { ...SLOW, name: 'NotHere', where: { phase: 'db' } },
    { name: 'Hangs', figure: 'in_flight_age', above: '1m' },
  )
  const { code, said } = await run('--url', url, '--requests', '6', '--otlp-port', otlpPort, '--rules', rules)
  expect(said).toContain('too few   NeedsMore  shop sessions process_request: 6 calls, of the 100 that "minCount" needs for p95')
  expect(said).toContain('no calls  NotHere  no queries were seen')
  expect(said).toContain('kept      Hangs  none of the calls of anything hangs')
  expect(code).toBe(0)
})

test(
  'the app’s spans may go to a collector that runs; and what that knows can be checked without asking the app',
  { timeout: 60_000 },
  async () => {
    const page = station.serving.url
    const driven = await run('--url', stationUrl, '--requests', '6', '--collector', page, '--rules', rulesFile(SLOW))
    expect(driven.said).toContain('6 requests counted, 6 timelines came')
    expect(driven.code).toBe(1)
    const known = await run('--collector', page, '--since', '5m', '--rules', rulesFile(SLOW))
    expect(known.said).toContain(`11 timelines of ${page}`)
    expect(known.said).toMatch(/^broken {4}SlowMiddleware {2}shop sessions process_request: .* \(11 calls\)/m)
    expect(known.code).toBe(1)
  },
)

test('what was written to a file is checked as it was when it ran', { timeout: 60_000 }, async () => {
  const file = join(folder, 'recorded.jsonl')
  expect(await phaseline(['export', '--page', station.serving.url, '-o', file]).ended()).toBe(0)
  const { code, said } = await run(file, '--rules', rulesFile(SLOW))
  expect(said).toMatch(/^broken {4}SlowMiddleware {2}shop sessions process_request: .* \(11 calls\)/m)
  expect(code).toBe(1)
})

test('where no spans come, it says what to look at, and that nothing could be checked', { timeout: 60_000 }, async () => {
  const elsewhere = String(await freePort())
  const { code, said, complained } = await run('--url', url, '--requests', '1', '--wait', '1', '--otlp-port', elsewhere)
  expect(complained).toContain(`does it send to http://127.0.0.1:${elsewhere}`)
  expect(said).toContain('nothing could be checked')
  expect(code).toBe(2)
})

test('an app that does not answer is told in one line', async () => {
  const nobody = await freePort()
  const { code, complained } = await run('--url', `http://127.0.0.1:${nobody}/`, '--otlp-port', String(await freePort()))
  expect(complained).toMatch(/^phaseline: no answer from http:\/\/127\.0\.0\.1:\d+\/: .*ECONNREFUSED/)
  expect(code).toBe(1)
})

test.each([
  [[], 'check what? files ("-" is standard input), --url or --collector'],
  [['x.json', '--url', 'http://a'], 'one at a time'],
  [['--url', 'ftp://a'], '--url takes an http or https URL, not "ftp://a"'],
  [['--url', 'http://a', '--requests', '0'], '--requests takes a number from 1 on, not "0"'],
  [['--url', 'http://a', '-H', 'x'], '--header takes a name, a colon and a value, not "x"'],
])('%j is refused in words', async (args, words) => {
  const { code, complained } = await run(...args)
  expect(complained).toContain(words)
  expect(code).toBe(1)
})
