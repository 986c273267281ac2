import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { haproxyFile } from '../../src/cli/nginx.ts'
import { openStation, type Station } from '../../src/station/station.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { startHaproxy, type Haproxy } from '../proxy/haproxy.ts'
import { missing } from '../tools.ts'
import { phaseline, type Program } from './programs.ts'

const absent = missing('haproxy')

let station: Station
let app: Program
let haproxy: Haproxy

beforeAll(async () => {
  if (absent) return
  station = await openStation({ port: 0, otlpPort: 0, nginx: { syslogPort: 0 } })
  app = phaseline(['run', '--to', station.otlp, join(import.meta.dirname, 'nginx-app.ts')], {
    OTEL_SERVICE_NAME: 'shop',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
  const [, port = ''] = await app.says(/^port (\d+)/)
  const frontend = `${haproxyFile(station.syslogPort as number)}\ndefault_backend app`
  haproxy = await startHaproxy(frontend, `backend app\n  server one 127.0.0.1:${port} ssl verify none`)
})
afterAll(async () => {
  if (absent) return
  await haproxy.stop()
  await app.stop()
  await station.close()
})

describe.skipIf(absent)('a stock HAProxy before a watched app', () => {
  test('is one timeline with it', async () => {
    const timeline = await new Promise<Timeline>((resolve) => {
      station.collector.on('timeline', (_summary, found) => {
        const has = (phase: string): boolean => found.spans.some((span) => span.phase === phase)
        if (has('proxy') && has('gateway')) resolve(found)
      })
      void haproxy.get('/books/3')
    })
    const family = timeline.spans.map(({ phase, recordedParentSpanId }) => {
      const parent = timeline.spans.find(({ spanId }) => spanId === recordedParentSpanId)
      return `${phase} < ${parent?.phase ?? '(none)'}`
    })
    const proxies = [
      'proxy < (none)',
      'proxy.receive < proxy',
      'proxy.connect < proxy',
      'proxy.wait < proxy',
      'proxy.respond < proxy',
    ]
    expect(family).toEqual(expect.arrayContaining([...proxies, 'queue < proxy', 'gateway < proxy', 'handler < gateway']))
    expect(timeline.spans.find(({ phase }) => phase === 'proxy')?.service).toBe('haproxy')
    expect(new Set(timeline.spans.map(({ host }) => host)).size).toBe(1)
    expect(timeline.warnings.size).toBe(0)
  })
})
