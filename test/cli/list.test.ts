import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStation, type Station } from '../../src/station/station.ts'
import { spansOfLine } from '../../src/formats/proxy-log.ts'
import type { ListJson } from '../../src/query/wire/list.ts'
import type { TimelineJson } from '../../src/query/wire/timeline.ts'
import type { WindowsJson } from '../../src/query/wire/windows.ts'
import { phaseline } from './programs.ts'

let station: Station

const now = (Date.now() / 1_000).toFixed(3)

/** What a proxy writes into its log. */
function line(trace: string, status: string, duration: string): string {
  return JSON.stringify({
    phaseline: '1',
    trace,
    span: trace.slice(16),
    flags: '01',
    end: now,
    duration,
    forwarded: now,
    method: 'GET',
    status,
  })
}

/** Three requests to a proxy: two of one kind of id, one that failed. */
beforeAll(async () => {
  station = await openStation({ port: 0, otlpPort: 0, tell: false })
  for (const [trace, status, duration] of [
    ['aaaa0000'.padEnd(32, '1'), '200', '0.010'],
    ['aaaa1111'.padEnd(32, '2'), '200', '0.200'],
    ['bbbb0000'.padEnd(32, '3'), '503', '0.030'],
  ] as const)
    station.collector.add(spansOfLine(line(trace, status, duration)) ?? expect.fail('no line'))
  await station.collector.flush()
})
afterAll(() => station.close())

async function run(...args: string[]): Promise<{ code: number; said: string; complained: string }> {
  const program = phaseline([...args, '--page', station.serving.url])
  const code = await program.ended()
  return { code, said: program.said(), complained: program.complained() }
}

test('list prints what fits, one line each', async () => {
  const all = await run('list')
  expect(all.said.trim().split('\n')).toHaveLength(4)
  const { said, code } = await run('list', '--status', '5xx', '--error', '--min', '20', '--max', '0.1s')
  expect(code).toBe(0)
  expect(said).toMatch(/^TRACE .*\nbbbb0000 \S+ 503 {2}30\.0 ms GET \[nginx\] +proxy\.respond 100 %\n$/)
})

test('list --json gives whole ids', async () => {
  const { items } = JSON.parse((await run('list', '--json', '-n', '2')).said) as ListJson
  expect(items).toHaveLength(2)
  expect(items[0]?.traceId).toMatch(/^[0-9a-f]{32}$/)
})

test('list says what the API says of a wrong filter, and that nothing fits', async () => {
  expect(await run('list', '--status', '99')).toMatchObject({
    code: 1,
    complained: expect.stringMatching(/^phaseline: status=99.*\n$/) as unknown,
  })
  expect(await run('list', '--service', 'nobody')).toMatchObject({ code: 1, said: '' })
})

test('show prints the one whose id begins so', async () => {
  const { said, code } = await run('show', 'BBBB')
  expect(code).toBe(0)
  expect(said).toMatch(/503 · 30\.000 ms[^]*proxy respond[^]*\/trace\/bbbb00003333/)
})

test('show without an id prints the newest that fits, and --json its timeline', async () => {
  const { timelines } = JSON.parse((await run('show', '--min', '100', '--json')).said) as { timelines: TimelineJson[] }
  expect(timelines.map(({ traceId }) => traceId.slice(0, 8))).toEqual(['aaaa1111'])
})

test.each([
  [['aaaa'], /^phaseline: 2 traces begin with aaaa; give more/],
  [['cccc'], /^phaseline: none of the newest \d+ traces begins with cccc/],
  [['c'.repeat(32)], /^phaseline: there is no trace c{32}/],
  [['zz'], /^phaseline: "zz" is no trace id/],
  [['aaaa0', 'bbbb'], /^phaseline: one trace, please/],
])('show %j is refused in one line', async (args, expected) => {
  expect(await run('show', ...args)).toMatchObject({ code: 1, said: '', complained: expect.stringMatching(expected) as unknown })
})

test('top prints one picture where it has no terminal', async () => {
  const { said, code } = await run('top')
  expect(code).toBe(0)
  expect(said).toMatch(/^phaseline top [^]*\(none yet\)[^]*GET \[nginx\] +3 {4}1/)
})

test.each([
  ['--sort', 'colour'],
  ['--window', '3 years'],
  ['--window', '99h'],
])('top %s %s is wrong usage', async (...args) => {
  const { code, complained } = await run('top', ...args)
  expect([code, complained]).toEqual([1, expect.stringMatching(new RegExp(`^phaseline: ${args[0]} takes .*\n$`))])
})

test('a collector that is not there is said so', async () => {
  const program = phaseline(['list', '--page', 'http://127.0.0.1:1'])
  expect(await program.ended()).toBe(1)
  expect(program.complained()).toMatch(/^phaseline: nothing answers at http:\/\/127\.0\.0\.1:1: is the collector running\?/)
})

test('compare says where there is nothing to compare with, and what it is asked wrongly', async () => {
  const { code, said } = await run('compare', '--last', '30s')
  expect(code).toBe(1)
  expect(said).toContain('No requests before')
  expect(await run('compare', '/a', '/b')).toMatchObject({ code: 1, complained: expect.stringContaining('one route') as unknown })
  const json = JSON.parse((await run('compare', '--json')).said) as WindowsJson
  expect(json.after.took.count).toBe(3)
})

// Last, because it adds one.
test('show and export take the beginning of an id of 64 bits with and without the zeros before it', async () => {
  const traceId = 'cccc0000'.padEnd(16, '4').padStart(32, '0')
  station.collector.add(spansOfLine(line(traceId, '200', '0.001')) ?? expect.fail('no line'))
  await station.collector.flush()
  for (const beginning of ['cccc', '0'.repeat(16) + 'CCCC']) {
    expect((await run('show', beginning)).said).toContain(`/trace/${traceId}`)
    expect((await run('export', beginning)).said).toContain(traceId)
  }
  expect((await run('list', '-n', '1')).said).toMatch(/^cccc0000 /m)
})
