import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DASHBOARDS } from '../../dashboards/grafana/build.ts'
import { missing } from '../tools.ts'
import { freePort } from '../free-port.ts'
import { startMonitoring, type Monitoring } from './monitoring.ts'
import { end, startScraped, type Said } from './processes.ts'

/** What only a collector knows. */
const OF_COLLECTOR = /phaseline_(collector|alert|clock|series)|traces_span_metrics/

/** The queries of all panels that speak of apps, with the minutes as seconds. */
const QUERIES = Object.values(DASHBOARDS)
  .flatMap((text) => [...text.matchAll(/"expr": ("(?:\\.|[^"\\])*")/g)].map((match) => JSON.parse(match[1] as string) as string))
  .filter((expr) => !OF_COLLECTOR.test(expr))
  .map((expr) => expr.replaceAll('$__rate_interval', '15s').replaceAll('$service', 'scraped'))

/** No collector: the app itself is what Prometheus scrapes. */
describe.skipIf(missing('prometheus', 'prometheus-alertmanager'))(
  'an app that serves its metrics itself, and the real Prometheus',
  { timeout: 60_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'phaseline-scraped-'))
    let app: Said
    let monitoring: Monitoring
    const poll = { timeout: 45_000, interval: 300 }

    beforeAll(async () => {
      const port = await freePort()
      app = await startScraped(port, 'scraped')
      monitoring = await startMonitoring(folder, `http://127.0.0.1:${port}`, 'http://127.0.0.1:9/')
    }, 60_000)

    afterAll(async () => {
      if (app !== undefined) await end(app.child, 'SIGTERM')
      await monitoring?.stop()
      rmSync(folder, { recursive: true, force: true })
    }, 30_000)

    test('every query of every panel that speaks of apps returns series', async () => {
      expect(QUERIES.length).toBeGreaterThan(15)
      await expect
        .poll(async () => {
          const results = await Promise.all(QUERIES.map((expr) => monitoring.query(expr)))
          return QUERIES.filter((_, index) => results[index]?.length === 0)
        }, poll)
        .toEqual([])
    })

    test('the rules fire on them: a middleware that hangs, a route that fails', async () => {
      const firing = async (): Promise<string[]> =>
        (await monitoring.rules())
          // A busy machine is slow: rightly told, and not what this is about.
          .filter(({ state, labels }) => state === 'firing' && /Errors|Hangs/.test(labels['alertname'] ?? ''))
          .map(({ labels }) => [labels['alertname'], labels['service'], labels['name'] ?? labels['route']].join(' '))
          .toSorted()
      await expect.poll(firing, poll).toEqual(['PhaselineErrors scraped /broken', 'PhaselineMiddlewareHangs scraped lock'])
    })
  },
)
