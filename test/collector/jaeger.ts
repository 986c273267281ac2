import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../free-port.ts'
import { installed } from '../tools.ts'

/** Where a running Jaeger takes spans and answers questions. */
export interface Jaeger {
  readonly otlp: string
  readonly api: string
  readonly pid: number
  stop(): Promise<void>
}

/** Jaeger 2's configuration: OTLP in, one store, the query API. */
function config(ports: readonly number[], backend: object): object {
  const [otlp, grpc, http, queryGrpc] = ports
  const at = (port: number | undefined): object => ({ endpoint: `127.0.0.1:${port}` })
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: { traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
    },
    extensions: {
      jaeger_query: { storage: { traces: 'main' }, http: at(http), grpc: at(queryGrpc) },
      jaeger_storage: { backends: { main: backend } },
    },
    receivers: { otlp: { protocols: { http: at(otlp), grpc: at(grpc) } } },
    processors: { batch: null },
    exporters: { jaeger_storage_exporter: { trace_storage: 'main' } },
  }
}

/**
 * Starts a real Jaeger on ports of its own.
 * @param folder for its configuration, and its data with `badger` @param cpus the cores it may use, as `taskset -c` has them
 * @param otlpPort where it takes spans, if that is not all the same
 */
export async function startJaeger(folder: string, store: 'memory' | 'badger', cpus?: string, otlpPort?: number): Promise<Jaeger> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(folder, store, cpus, otlpPort)
    } catch (error) {
      // Somebody else may have taken one of its ports between finding and using it.
      if (attempt === 3) throw error
    }
  }
}

async function startOnce(folder: string, store: 'memory' | 'badger', cpus?: string, otlpPort?: number): Promise<Jaeger> {
  const ports = await freePorts(4)
  if (otlpPort !== undefined) ports[0] = otlpPort
  const badger = {
    directories: { keys: join(folder, 'keys'), values: join(folder, 'values') },
    ephemeral: false,
    ttl: { spans: '48h' },
  }
  const file = join(folder, 'jaeger.json')
  writeFileSync(file, JSON.stringify(config(ports, store === 'memory' ? { memory: { max_traces: 100_000 } } : { badger })))
  const pinned = cpus === undefined ? [] : ['taskset', '-c', cpus]
  const command = [...pinned, installed('jaeger') ?? 'jaeger', '--config', file]
  const child = spawn(command[0] as string, command.slice(1), { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const api = `http://127.0.0.1:${ports[2]}`
  await Promise.race([
    until(async () => (await fetch(`${api}/api/services`)).ok),
    ended.then(() => Promise.reject(new Error('Jaeger ended at once'))),
  ])
  const stop = (): Promise<void> => {
    child.kill()
    return ended
  }
  return { otlp: `http://127.0.0.1:${ports[0]}`, api, pid: child.pid as number, stop }
}

/** Asks again and again, as the other side has no event to wait for. @throws after half a minute */
export async function until(ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  for (;;) {
    try {
      if (await ask()) return
    } catch (error) {
      if (Date.now() > end) throw error
    }
    if (Date.now() > end) throw new Error('it did not happen within half a minute')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
