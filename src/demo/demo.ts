import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlJson } from '../query/wire/controls.ts'
import type { AlertingOptions } from '../station/alerting.ts'
import { openStation, type Station, type StationOptions } from '../station/station.ts'
import { DEMO_ALERTS } from './alerts.ts'
import { startService, type Service } from './service.ts'
import { pageScript, type PageScript } from './page-script.ts'
import { STYLE, templates } from './bookshop/templates.ts'

/** Beside what is said here: how alerts are set up; by default with short windows. */
export interface DemoOptions extends AlertingOptions {
  /** The page's port. */
  readonly port: number
  readonly otlpPort: number
  /** The shop's, behind TLS; another free one is taken if somebody has it, and for 0. */
  readonly shopPort: number
  /** PostgreSQL for the bookshop; SQLite if there is none. */
  readonly databaseUrl?: string | undefined
  /** Everything is sent on to these OTLP endpoints. */
  readonly forward?: readonly string[]
  readonly jaegerUrl?: string | undefined
}

/** A running demo. */
export interface Demo {
  /** The page. */
  readonly page: string
  /** The shop: `https://localhost:8443`. */
  readonly shop: string
  readonly otlp: string
  /** Stops everything, the last started first; removes its data. */
  stop(): Promise<void>
}

/** Starts the collector with its page in this process, and the shop, the reviews, the proxy and the traffic in one of their own each. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-demo-'))
  const undo: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const stop = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) await each()
  }
  try {
    const switches = new Switches()
    const origins: string[] = []
    const station = await openStation({ ...stationOptions(options, folder, switches), access: { origins } })
    undo.push(() => station.close())
    const start = async (name: string, program: string, env: Readonly<Record<string, string>>): Promise<Service> => {
      const service = await startService(name, program, { ...environment(station), ...env })
      undo.push(() => service.stop())
      switches.services.push(service)
      return service
    }
    const shop = await startShop(start, folder, pageScript(station.otlp), options)
    origins.push(shop)
    return { page: station.serving.url, shop, otlp: station.otlp, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function stationOptions(options: DemoOptions, folder: string, switches: Switches): StationOptions {
  const { port, otlpPort, forward = [], jaegerUrl, alerts = DEMO_ALERTS, alertEveryMs = 2_000, tell = false } = options
  return {
    alerts,
    alertEveryMs,
    tell,
    port,
    otlpPort,
    data: join(folder, 'timelines'),
    controls: switches,
    forward: forward.map((url) => ({ url })),
    ...(jaegerUrl !== undefined && { jaegerUrl }),
  }
}

/** Spans are sent twice a second, so that the page is live, and metrics often enough for alerts within a minute. */
function environment({ otlp }: Station): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
    OTEL_BSP_SCHEDULE_DELAY: '400',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '10000',
  }
}

type Start = (name: string, program: string, env: Readonly<Record<string, string>>) => Promise<Service>

/** From the innermost to the outermost: each is told where the one before listens. @returns the shop's address */
async function startShop(
  start: Start,
  folder: string,
  script: PageScript,
  { shopPort, databaseUrl = '' }: DemoOptions,
): Promise<string> {
  const files = (name: string, contents: Readonly<Record<string, string>>): string => {
    mkdirSync(join(folder, name))
    for (const [file, text] of Object.entries(contents)) writeFileSync(join(folder, name, file), text)
    return join(folder, name)
  }
  const reviews = await start('reviews', 'reviews', {})
  const bookshop = await start('bookshop', 'bookshop/main', {
    DATABASE_URL: databaseUrl,
    DEMO_DATABASE: join(folder, 'shop.db'),
    DEMO_TEMPLATES: files('templates', templates(script.tag)),
    DEMO_REVIEWS: `http://127.0.0.1:${reviews.port}`,
  })
  const certificate = join(folder, 'certificate.pem')
  const proxy = await start('proxy', 'proxy', {
    DEMO_TARGET: `http://127.0.0.1:${bookshop.port}`,
    DEMO_STATIC: files('static', { 'shop.css': STYLE, ...script.files }),
    DEMO_PORT: String(shopPort),
    DEMO_CERTIFICATE: certificate,
  })
  const shop = `https://localhost:${proxy.port}`
  await start('traffic', 'traffic', { DEMO_SHOP: shop, NODE_EXTRA_CA_CERTS: certificate })
  return shop
}

/** The page's switches: each turned one is told to every process, and those that know it obey. */
class Switches {
  readonly services: Service[] = []
  private readonly state: ControlJson[] = [
    { id: 'traffic', label: 'Traffic', on: true },
    { id: 'slow-session', label: 'Slow sessions', on: false },
  ]

  list(): readonly ControlJson[] {
    return this.state
  }

  set(id: string, on: boolean): void {
    for (const control of this.state) if (control.id === id) control.on = on
    for (const service of this.services) service.control(id, on)
  }
}
