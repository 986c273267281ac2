import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DASHBOARDS } from '../../dashboards/grafana/build.ts'
import type { Notification } from '../../src/alerts/notification.ts'
import { startDemo, type Demo } from '../../src/demo/demo.ts'
import { freePort } from '../free-port.ts'
import { missing } from '../tools.ts'
import { startMonitoring, type Monitoring } from './monitoring.ts'
import { startHanging } from './processes.ts'
import { rule } from './support.ts'

/** The whole way: the demo's slow middleware → Prometheus → Alertmanager, and the same with nothing but the collector. */
describe.skipIf(missing('prometheus', 'prometheus-alertmanager'))(
  'with the real Prometheus and Alertmanager',
  { timeout: 120_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'phaseline-monitoring-'))
    const told: Notification[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (request.url === '/hook') told.push(JSON.parse(Buffer.concat(chunks).toString()) as Notification)
        response.setHeader('content-type', 'application/json').end('{}')
      })
    })
    let demo: Demo
    let app: Awaited<ReturnType<typeof startHanging>>
    let monitoring: Monitoring
    const poll = { timeout: 60_000, interval: 300 }

    /** Turns the demo's switch, as a person does on the page. */
    const slow = async (on: boolean): Promise<void> => {
      const answer = await fetch(`${demo.page}/api/controls/slow-session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ on }),
      })
      expect(answer.status).toBe(200)
    }

    beforeAll(async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const receiver = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const alerts = {
        rules: [rule({ name: 'BuiltIn', window: '10s', for: '2s', minCount: 3, help: 'look' })],
        notify: { webhooks: [`${receiver}/hook`], slack: [], alertmanagers: [] as string[] },
      }
      // Alertmanager's port is known only when it runs, so the list is filled before the demo starts.
      const page = `http://127.0.0.1:${await freePort()}`
      monitoring = await startMonitoring(folder, page, `${receiver}/alertmanager`)
      alerts.notify.alertmanagers.push(monitoring.alertmanager)
      demo = await startDemo({
        port: Number(new URL(page).port),
        otlpPort: 0,
        shopPort: 0,
        alerts,
        alertEveryMs: 500,
        forward: [receiver],
      })
      app = await startHanging(demo.otlp)
    }, 90_000)

    afterAll(async () => {
      await app?.stop()
      await demo?.stop()
      await monitoring?.stop()
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    }, 30_000)

    const ofSession = (alert: { labels: Record<string, string> }): boolean => alert.labels['name'] === 'SessionMiddleware'

    test('nothing fires while all is well', async () => {
      await expect
        .poll(
          async () => (await monitoring.query('phaseline_phase_self_seconds_count{name="SessionMiddleware"} > 15')).length,
          poll,
        )
        .toBeGreaterThan(0)
      const fired = [...(await monitoring.active()).filter(ofSession), ...told]
      // On a busy machine it is slow indeed, and that is rightly told.
      const session = '{name="SessionMiddleware"'
      const slower = `sum(phaseline_phase_self_seconds_count${session}}) > sum(phaseline_phase_self_seconds_bucket${session},le="0.03125"})`
      await expect
        .poll(async () => (fired.length > 0 && (await monitoring.query(slower)).length > 0 ? [] : fired), poll)
        .toEqual([])
    })

    test('the slow middleware is switched on: pending, firing, and Alertmanager and the webhook hear of it', async () => {
      await slow(true)
      await expect
        .poll(async () => (await monitoring.rules()).filter(ofSession).map(({ state }) => state), poll)
        .toContain('pending')
      await expect
        .poll(async () => (await monitoring.active()).filter(ofSession).map(({ labels }) => labels), poll)
        .toContainEqual(
          expect.objectContaining({ alertname: 'PhaselineSlowMiddleware', service: 'bookshop', severity: 'warning' }),
        )
      // The collector tells Alertmanager itself, too.
      await expect
        .poll(async () => (await monitoring.active()).filter(ofSession).map(({ labels }) => labels), poll)
        .toContainEqual(
          expect.objectContaining({
            alertname: 'BuiltIn',
            service: 'bookshop',
            phase: expect.stringMatching(/^middleware\./) as string,
          }),
        )
      await expect
        .poll(() => told.map(({ change, labels }) => `${change} ${labels['name']}`), poll)
        .toContain('firing SessionMiddleware')
      const { links } = told.find(({ labels }) => labels['name'] === 'SessionMiddleware') as Notification
      const trace = (links.slowest as string).split('/').at(-1) as string
      const timeline = (await (await fetch(`${demo.page}/api/timelines/${trace}`)).json()) as {
        spans: { name: string; selfNs: string }[]
      }
      expect(timeline.spans.some(({ name, selfNs }) => name.startsWith('SessionMiddleware') && Number(selfNs) > 50e6)).toBe(true)
    })

    test('a middleware that hangs reaches Alertmanager while it hangs', async () => {
      void fetch(app.url).catch(() => {})
      await expect
        .poll(async () => (await monitoring.active()).map(({ labels }) => labels), poll)
        .toContainEqual(expect.objectContaining({ alertname: 'PhaselineMiddlewareHangs', service: 'hanging', name: 'lock' }))
    })

    test('a route that fails reaches Alertmanager', async () => {
      await expect
        .poll(async () => (await monitoring.active()).map(({ labels }) => labels), poll)
        .toContainEqual(expect.objectContaining({ alertname: 'PhaselineErrors', service: 'bookshop', route: '/bestsellers/' }))
    })

    test('every query of every panel and rule returns series', async () => {
      const panels = Object.values(DASHBOARDS).flatMap((text) =>
        [...text.matchAll(/"expr": ("(?:\\.|[^"\\])*")/g)].map((match) => JSON.parse(match[1] as string) as string),
      )
      expect(panels.length).toBeGreaterThan(15)
      const empty: string[] = []
      for (const panel of panels) {
        const expr = panel.replaceAll('$__rate_interval', '15s').replaceAll('$service', '.*')
        if ((await monitoring.query(expr)).length === 0) empty.push(expr)
      }
      expect(empty).toEqual([])
    })

    test('switched off again, and let go, all resolve', async () => {
      await slow(false)
      await app.release()
      await expect
        .poll(
          async () =>
            (await monitoring.active()).map(({ labels }) => labels['alertname']).filter((name) => name !== 'PhaselineErrors'),
          {
            timeout: 100_000,
            interval: 500,
          },
        )
        .toEqual([])
      await expect
        .poll(() => told.map(({ change, labels }) => `${change} ${labels['name']}`), poll)
        .toContain('resolved SessionMiddleware')
    })

    test('a dead collector is told, and nothing else of it', async () => {
      await demo.stop()
      await expect
        .poll(async () => (await monitoring.active()).map(({ labels }) => labels['alertname']), {
          timeout: 100_000,
          interval: 500,
        })
        .toEqual(['PhaselineCollectorDown'])
    })
  },
)
