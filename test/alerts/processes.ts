import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const register = new URL('../../src/register.ts', import.meta.url).href

/** A child process, and the first line that it said. */
export interface Said {
  readonly child: ChildProcess
  readonly line: string
}

async function said(file: string, args: readonly string[], env: Record<string, string>, flags: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const lines = createInterface(child.stdout)
  const line = new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    lines.once('close', () => reject(new Error(`${file} ended before it said anything`)))
  })
  return { child, line: await line }
}

/** Starts the app that hangs; its spans go to `otlp`. */
export async function startHanging(
  otlp: string,
): Promise<{ url: string; stop: () => Promise<void>; release: () => Promise<void> }> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: otlp, OTEL_SERVICE_NAME: 'hanging', OTEL_BSP_SCHEDULE_DELAY: '50' }
  const { child, line } = await said('hanging-app.ts', [], env, ['--import', register])
  const url = `http://127.0.0.1:${line}`
  return {
    url,
    stop: () => end(child, 'SIGTERM'),
    async release() {
      await (await fetch(`${url}/release`, { method: 'POST' })).text()
    },
  }
}

/** Starts the app that serves its metrics itself, at this port. */
export const startScraped = (port: number, service: string): Promise<Said> =>
  said(
    'scraped-app.ts',
    [],
    {
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      OTEL_SERVICE_NAME: service,
    },
    ['--import', register],
  )

/** Starts a collector with rules, as `station.ts` says. */
export const startStation = (data: string, config: string): Promise<Said> => said('station.ts', [data, config], {}, [])

/** Resolves when it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const over = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
  child.kill(signal)
  await over
}
