import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import { spansOfLine } from '../../src/formats/proxy-log.ts'
import { nginxConfiguration } from '../../src/proxy/nginx-configuration.ts'
import { missing } from '../tools.ts'
import { expectInOrder, phases } from './in-order.ts'
import { nginxFolder, startNginx, type Nginx } from './nginx.ts'
import { target, type Target } from './upstream.ts'

const absent = missing('nginx')
const title = 'a stock nginx'
const folder = nginxFolder()
const log = join(folder, 'access.log')

let nginx: Nginx
let app: Target
let heads: string[]

const begin = async (): Promise<void> => {
  heads = []
  app = await target((sent, response) => {
    heads.push(String(sent.headers.traceparent))
    setTimeout(() => response.end('from the app'), sent.url === '/slow' ? 30 : 0)
  })
  writeFileSync(log, '')
  nginx = await startNginx(folder, configuration(app.port))
}
const end = async (): Promise<void> => {
  nginx.child.kill('SIGKILL')
  await app.close()
}
const get = (path: string, headers?: Record<string, string>): Promise<number> => nginx.get(path, headers)

const configuration = (port: number): string => {
  const { http, location } = nginxConfiguration(log)
  return `${http}
upstream two { server 127.0.0.1:1; server 127.0.0.1:${port}; }
server {
  listen unix:${folder}/nginx.sock;
  location / { proxy_pass http://127.0.0.1:${port}; ${location} }
  location /twice { proxy_pass http://two; ${location} }
  location /dead { proxy_pass http://127.0.0.1:1; ${location} }
  location /own { return 200 "nginx itself"; }
}`
}

/** nginx ends gracefully, then the log is whole. */
const spans = async (): Promise<Span[][]> => {
  await nginx.stop()
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  return lines.map((line) => spansOfLine(line, { machine: { 'host.name': 'edge' } }) ?? expect.fail(line))
}

describe.skipIf(absent)(`${title} and the trace`, () => {
  beforeEach(begin)
  afterEach(end)

  test('begins a trace where none came in, and the app belongs to its span', async () => {
    expect(await get('/slow')).toBe(200)
    const [[whole, ...children] = []] = await spans()
    expect(heads).toEqual([`00-${whole?.traceId}-${whole?.spanId}-01`])
    expect(whole).toMatchObject({ name: 'GET', kind: 'SERVER', parentSpanId: null, status: 'unset' })
    expect(Object.fromEntries(whole?.attributes ?? [])).toMatchObject({
      'phaseline.proxy.name': 'nginx',
      'phaseline.proxy.static': false,
      'phaseline.proxy.upstream': `127.0.0.1:${app.port}`,
      'http.response.status_code': 200,
      'url.path': '/slow',
      'network.protocol.version': '1.1',
    })
    expect(phases(children).filter((phase) => phase !== 'proxy.connect')).toEqual([
      'proxy.receive',
      'proxy.wait',
      'proxy.respond',
    ])
    expect(children.toSorted(byDuration).at(-1)?.name).toBe('proxy wait')
    expectInOrder(whole as Span, children)
  })

  test('continues the trace that came in', async () => {
    await get('/', { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
    const [[whole] = []] = await spans()
    expect(whole).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) })
    expect(heads).toEqual([`00-${'a'.repeat(32)}-${whole?.spanId}-01`])
  })

  test('passes on that a request is not sampled, and tells nothing of it', async () => {
    await get('/', { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` })
    expect(await spans()).toEqual([[]])
    expect(heads[0]).toMatch(/-00$/)
  })

  test.each([`00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'nonsense'])(
    'begins a trace of its own where %s came in',
    async (traceparent) => {
      await get('/', { traceparent })
      const [[whole] = []] = await spans()
      expect(whole?.parentSpanId).toBeNull()
      expect(whole?.traceId).toMatch(/^(?!0{32}|a{32})[0-9a-f]{32}$/)
    },
  )
})

describe.skipIf(absent)(`${title} and its upstreams`, () => {
  beforeEach(begin)
  afterEach(end)

  test('tells every try', async () => {
    await get('/twice')
    await get('/twice')
    const [first = [], second = []] = await spans()
    const twice = [first, second].find((made) => made.some(({ status }) => status === 'error')) as Span[]
    const failed = twice.filter(({ status }) => status === 'error')
    expect(failed.map(({ name, attributes }) => [name, attributes.get('phaseline.proxy.upstream')])).toEqual([
      ['proxy connect', '127.0.0.1:1'],
    ])
    expect(twice[0]).toMatchObject({ status: 'unset' })
    expectInOrder(twice[0] as Span, twice.slice(1))
  })

  test('a dead app is an error of its own', async () => {
    expect(await get('/dead')).toBe(502)
    const [[whole, ...children] = []] = await spans()
    expect([whole?.status, whole?.attributes.get('error.type')]).toEqual(['error', '502'])
    expect(phases(children)).toEqual(['proxy.receive', 'proxy.connect', 'proxy.respond'])
  })

  test('what it answers itself is said so', async () => {
    await get('/own?token=secret')
    const [made = []] = await spans()
    expect(phases(made)).toEqual(['proxy', 'proxy.respond'])
    expect(made[0]?.attributes.get('phaseline.proxy.static')).toBe(true)
    expect(readFileSync(log, 'utf8')).not.toContain('secret')
  })

  test('a line read again gives the same spans', async () => {
    await get('/')
    await spans()
    const [line = ''] = readFileSync(log, 'utf8').split('\n')
    expect(spansOfLine(line)).toEqual(spansOfLine(line))
    expect(new Set(spansOfLine(line)?.map(({ spanId }) => spanId)).size).toBe(spansOfLine(line)?.length)
  })
})

const byDuration = (a: Span, b: Span): number => Number(a.end - a.start - (b.end - b.start))
