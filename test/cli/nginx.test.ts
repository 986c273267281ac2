import { appendFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nginxFile } from '../../src/cli/nginx.ts'
import { openStation, type Station } from '../../src/station/station.ts'
import type { Timeline, TimelineSpan } from '../../src/model/timeline.ts'
import { nginxFolder, startNginx, type Nginx } from '../proxy/nginx.ts'
import { missing } from '../tools.ts'
import { phaseline, type Program } from './programs.ts'

const absent = missing('nginx')
const folder = nginxFolder()
const log = join(folder, 'phaseline.log')

let station: Station
let app: Program
let nginx: Nginx
const warned: string[] = []

const configuration = (port: string): string => `${nginxFile(log)}
proxy_cache_path ${folder}/cache keys_zone=shop:1m;
proxy_ssl_server_name on;
proxy_ssl_name localhost;
proxy_ssl_session_reuse off;
upstream retried { server 127.0.0.1:1 max_fails=0; server 127.0.0.1:${port} backup; }
server {
  listen unix:${folder}/nginx.sock;
  location / { proxy_pass https://127.0.0.1:${port}; }
  location /retried { proxy_pass https://retried; }
  location /cached { proxy_cache shop; proxy_cache_valid 200 1m; proxy_pass https://127.0.0.1:${port}; }
  location /static { return 200 "nginx itself"; }
  location /syslog { access_log syslog:server=127.0.0.1:${station.syslogPort},tag=edge phaseline; proxy_pass https://127.0.0.1:${port}; }
}`

beforeAll(async () => {
  if (absent) return
  station = await openStation({
    port: 0,
    otlpPort: 0,
    nginx: { logs: [log], syslogPort: 0 },
    warn: (sentence) => warned.push(sentence),
  })
  app = phaseline(['run', '--to', station.otlp, join(import.meta.dirname, 'nginx-app.ts')], {
    OTEL_SERVICE_NAME: 'shop',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
  const [, port = ''] = await app.says(/^port (\d+)/)
  nginx = await startNginx(folder, configuration(port))
})
afterAll(async () => {
  if (absent) return
  await nginx.stop()
  await app.stop()
  await station.close()
})

/** The timeline of what `ask` does, once every one of these phases is in it. */
async function timelineWith(phases: readonly string[], ask: () => Promise<unknown>): Promise<Timeline> {
  const { promise, resolve } = Promise.withResolvers<Timeline>()
  const before = new Set<string>()
  const stop = station.collector.on('timeline', (_summary, timeline) => {
    before.add(timeline.traceId)
    if (phases.every((phase) => timeline.spans.some((span) => span.phase === phase))) resolve(timeline)
  })
  try {
    await ask()
    return await promise
  } finally {
    stop()
  }
}

const get = (path: string): Promise<Timeline> => timelineWith(['proxy', 'gateway'], () => nginx.get(path))

function spanOf({ spans }: Timeline, phase: string): TimelineSpan {
  const found = spans.filter((span) => span.phase === phase)
  if (found.length !== 1) expect.fail(`${found.length} spans of ${phase} in: ${spans.map((span) => span.phase).join(', ')}`)
  return found[0] as TimelineSpan
}

const ms = ({ start, end }: TimelineSpan): number => Number(end - start) / 1e6

/** Each phase of the proxy and the app, with whose child it is by what was sent; not the way back, which only a busy machine makes notable. */
function family({ spans }: Timeline): string[] {
  const phaseOf = (id: string | null): string => spans.find(({ spanId }) => spanId === id)?.phase ?? '(none)'
  const notable = spans.filter(({ phase }) => phase !== 'middleware.response')
  return notable.map(({ phase, recordedParentSpanId }) => `${phase} < ${phaseOf(recordedParentSpanId)}`)
}

describe.skipIf(absent)('a stock nginx before a watched app', () => {
  test('is one timeline with it', async () => {
    const timeline = await get('/books/3')
    expect(family(timeline).toSorted()).toEqual(
      [
        'proxy < (none)',
        'proxy.receive < proxy',
        'proxy.connect < proxy',
        'proxy.wait < proxy',
        'proxy.respond < proxy',
        'queue < proxy',
        'gateway.accept < proxy',
        'gateway < proxy',
        'handler < gateway',
        'middleware.request < handler',
        'resolve < handler',
        'view < handler',
        'respond < gateway',
      ].toSorted(),
    )
    expect(timeline.warnings.size).toBe(0)
    expect(spanOf(timeline, 'proxy').service).toBe('nginx')
    expect(spanOf(timeline, 'gateway')).toMatchObject({ service: 'shop', name: 'GET /{*path}' })
    expect(ms(spanOf(timeline, 'proxy.connect'))).toBeGreaterThanOrEqual(19)
    expect(ms(spanOf(timeline, 'proxy.wait'))).toBeGreaterThanOrEqual(9)
  })

  test('shares its clock: nothing is moved, and the phases add up', async () => {
    const timeline = await get('/books/4')
    expect(new Set(timeline.spans.map(({ host }) => host)).size).toBe(1)
    expect(timeline.spans.every(({ start, rawStart }) => start === rawStart)).toBe(true)
    expect([...timeline.phases.values()].reduce((sum, ns) => sum + ns, 0n)).toBe(timeline.durationNs)
  })

  test('the time of a slow handshake is the connection’s, though the app counts its queue from before it', async () => {
    const timeline = await get('/books/4')
    expect(ms(spanOf(timeline, 'queue'))).toBeGreaterThanOrEqual(19)
    expect(timeline.phases.get('proxy.connect')).toBeGreaterThanOrEqual(19_000_000n)
  })

  test('says that it asked a second upstream, because the first was dead', async () => {
    const { spans } = await get('/retried')
    // Both may begin in the same millisecond.
    const tries = spans.filter(({ phase }) => phase === 'proxy.connect').toSorted((a, b) => Number(b.error) - Number(a.error))
    expect(tries.map(({ error, source }) => [error, source?.attributes.get('phaseline.proxy.upstream')])).toEqual([
      [true, '127.0.0.1:1'],
      [false, expect.stringMatching(/^127\.0\.0\.1:\d{4,}$/)],
    ])
  })

  test('answers from its cache without the app, and says so', async () => {
    const first = await get('/cached')
    expect(spanOf(first, 'proxy').source?.attributes.get('phaseline.proxy.cache')).toBe('MISS')
    const second = await timelineWith(['proxy'], () => nginx.get('/cached'))
    expect(second.spans.map(({ phase }) => phase)).toEqual(['proxy', 'proxy.respond'])
    const { attributes } = spanOf(second, 'proxy').source ?? expect.fail('was made up')
    expect([attributes.get('phaseline.proxy.cache'), attributes.get('phaseline.proxy.static')]).toEqual(['HIT', false])
  })

  test('answers by itself, and says so', async () => {
    const timeline = await timelineWith(['proxy'], () => nginx.get('/static'))
    expect(timeline.spans.map(({ phase }) => phase)).toEqual(['proxy', 'proxy.respond'])
    expect(spanOf(timeline, 'proxy').source?.attributes.get('phaseline.proxy.static')).toBe(true)
  })

  test('is read over syslog too, under the name that its tag gives it', async () => {
    const timeline = await get('/syslog')
    expect(spanOf(timeline, 'proxy').service).toBe('edge')
    expect(spanOf(timeline, 'gateway').recordedParentSpanId).toBe(spanOf(timeline, 'proxy').spanId)
  })

  test('is followed when its log is rotated', async () => {
    renameSync(log, `${log}.1`)
    await nginx.reopen()
    expect(spanOf(await get('/books/5'), 'proxy').source?.attributes.get('url.path')).toBe('/books/5')
  })

  test('a line of another kind is refused, counted, and said once', async () => {
    const refused = async (): Promise<number> => {
      const answer = await fetch(`${station.serving.url}/api/status`)
      return ((await answer.json()) as { spans: { refused: number } }).spans.refused
    }
    expect(await refused()).toBe(0)
    appendFileSync(log, 'nonsense\n{"phaseline":"2"}\n')
    await get('/books/6')
    expect(await refused()).toBe(2)
    expect(warned).toEqual([expect.stringContaining('not there yet'), expect.stringContaining('phaseline nginx')])
  })
})

test('the configuration names what a collector needs to read it', () => {
  expect(nginxFile('/var/log/nginx/p.log')).toContain('phaseline collect --nginx-log /var/log/nginx/p.log')
  expect(nginxFile('syslog:server=127.0.0.1:7514,tag=edge')).toContain('phaseline collect --nginx-syslog 7514')
  expect(nginxFile('/p.log', 'https://shop.test/api')).toMatch(/server \{[^]*proxy_pass https:\/\/shop\.test\/api;/)
})

test.each(['/a b', '/a;b', '/a"b', '/a\nb', '$host'])('a log named %j is no word of nginx', (name) => {
  expect(() => nginxFile(name)).toThrow(/--log takes a path/)
})

test.each(['shop.test', 'ftp://shop.test', 'http://'])('%s is no upstream', (url) => {
  expect(() => nginxFile('/p.log', url)).toThrow(/--upstream takes/)
})
