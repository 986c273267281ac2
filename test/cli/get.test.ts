import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SpanJson, TimelineJson } from '../../src/query/wire/timeline.ts'
import { phaseline, type Program } from './programs.ts'

const APP = `import { createServer } from 'node:http'
const server = createServer((request, response) => {
  response.writeHead(request.url === '/missing' ? 404 : 200).end(request.method + ' ' + (request.headers['x-a'] ?? ''))
}).listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))`

const home = mkdtempSync(join(tmpdir(), 'phaseline-get-'))
let collector: Program
let app: Program
let to: string[]
let url: string

beforeAll(async () => {
  collector = phaseline(['collect', '--memory', '--port', '0', '--otlp-port', '0'])
  const [, page = '', otlp = ''] = await collector.says(/^(http:\S+)\n.*?(http:\S+)/)
  to = ['--page', page, '--to', otlp]
  writeFileSync(join(home, 'app.mjs'), APP)
  app = phaseline(['run', '--to', otlp, join(home, 'app.mjs')], { OTEL_SERVICE_NAME: 'app', OTEL_BSP_SCHEDULE_DELAY: '100' })
  const [, port] = await app.says(/port (\d+)/)
  url = `http://localhost:${port}`
})
afterAll(async () => {
  await app?.stop()
  await collector?.stop()
  rmSync(home, { recursive: true })
})

async function timelines(...args: string[]): Promise<TimelineJson[]> {
  const get = phaseline(['get', '--json', ...to, ...args])
  await get.ended()
  return (JSON.parse(get.said()) as { timelines: TimelineJson[] }).timelines
}
const phases = ({ spans }: TimelineJson): (string | null)[] => spans.map(({ phase }) => phase)

test('the timeline of a request has the client’s phases and the server’s, under each other', async () => {
  const [timeline] = await timelines(url)
  expect(phases(timeline as TimelineJson)).toEqual(
    expect.arrayContaining(['client', 'client.wait', 'dns', 'connect', 'client.ttfb', 'gateway', 'respond']),
  )
  const span = (phase: string): SpanJson | undefined => timeline?.spans.find((each) => each.phase === phase)
  expect(span('client')?.parentSpanId).toBeNull()
  expect(span('gateway')?.parentSpanId).toBe(span('client')?.spanId)
  expect(span('gateway')?.service).toBe('app')
})

test('a service in between that sends later than the last one is waited for', async () => {
  writeFileSync(
    join(home, 'between.mjs'),
    `import { createServer } from 'node:http'
createServer(async (request, response) => response.end(await (await fetch('${url}')).text()))
  .listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port) })`,
  )
  const late = { OTEL_SERVICE_NAME: 'between', OTEL_BSP_SCHEDULE_DELAY: '2500' }
  const between = phaseline(['run', '--to', to[3] as string, join(home, 'between.mjs')], late)
  try {
    const [, port] = await between.says(/port (\d+)/)
    const [timeline] = await timelines(`http://localhost:${port}`)
    expect(new Set(timeline?.spans.map(({ service }) => service))).toEqual(new Set(['phaseline-get', 'between', 'app']))
    expect(timeline?.spans.filter(({ synthetic }) => synthetic)).toEqual([])
  } finally {
    await between.stop()
  }
})

test('it is printed as a waterfall, with a link to the page', async () => {
  const get = phaseline(['get', ...to, url])
  expect(await get.ended()).toBe(0)
  expect(get.said()).toMatch(/^GET http:\/\/localhost:\d+\/\n200 · [\d.]+ ms · \d+ spans · phaseline-get, app\n/)
  expect(get.said()).toMatch(/\n +GET \[app\] .*[█▏▕▐▌░]/)
  expect(get.said()).toContain(`${to[1]}/trace/`)
})

test('a repeated request uses the connection of the first', async () => {
  const [first, second, ...rest] = await timelines('-n', '2', url)
  expect(rest).toEqual([])
  expect(phases(first as TimelineJson)).toContain('connect')
  expect(phases(second as TimelineJson)).not.toContain('connect')
})

test('a status of 400 and more is an exit code with -f only', async () => {
  expect(await phaseline(['get', '--wait', '0', ...to, `${url}/missing`]).ended()).toBe(0)
  expect(await phaseline(['get', '--wait', '0', '-f', ...to, `${url}/missing`]).ended()).toBe(22)
})

test('without a collector the client’s phases are there, and it is said why no more', async () => {
  const get = phaseline(['get', '--to', 'http://127.0.0.1:1', url])
  expect(await get.ended()).toBe(0)
  expect(get.said()).toMatch(/\n socket connect|\n {2}socket connect/)
  expect(get.said()).toContain('No collector at http://127.0.0.1:1')
})

test('an app that sends later than the proxy before it is waited for', async () => {
  writeFileSync(
    join(home, 'proxy.mjs'),
    `import { proxy } from '${import.meta.resolve('../../src/proxy/index.ts')}'
const { port } = await proxy({ target: process.argv[2] })
console.log('port ' + port)`,
  )
  const run = (service: string, delay: string, ...args: string[]): Program =>
    phaseline(['run', '--to', to[3] as string, ...args], { OTEL_SERVICE_NAME: service, OTEL_BSP_SCHEDULE_DELAY: delay })
  const programs = [run('late', '3000', join(home, 'app.mjs'))]
  try {
    const [, behind] = await (programs[0] as Program).says(/port (\d+)/)
    const before = run('before', '50', join(home, 'proxy.mjs'), `http://localhost:${behind}`)
    programs.push(before)
    const [, port] = await before.says(/port (\d+)/)
    const [timeline] = await timelines(`http://localhost:${port}`)
    expect(new Set(timeline?.spans.map(({ service }) => service))).toEqual(new Set(['phaseline-get', 'before', 'late']))
  } finally {
    await Promise.all(programs.map((program) => program.stop()))
  }
})

test('no answer is exit code 2, and a line that says why', async () => {
  const get = phaseline(['get', '--wait', '600', ...to, 'http://127.0.0.1:1'])
  expect(await get.ended()).toBe(2)
  expect(get.complained()).toMatch(/^phaseline: no answer from 127\.0\.0\.1:1: .*ECONNREFUSED.*\n$/)
  expect(get.said()).toContain('✗ ECONNREFUSED')
})
