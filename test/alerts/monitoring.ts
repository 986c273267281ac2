import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '../free-port.ts'
import { installed } from '../tools.ts'

/** A Prometheus and an Alertmanager, both real, that watch one collector. */
export interface Monitoring {
  readonly alertmanager: string
  /** The result of an instant query: one entry per series. */
  query(expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]>
  /** Prometheus' own alerts. */
  rules(): Promise<{ state: string; labels: Record<string, string> }[]>
  /** What Alertmanager has, active ones only. */
  active(): Promise<{ labels: Record<string, string>; annotations: Record<string, string> }[]>
  stop(): Promise<void>
}

const dashboards = resolve(import.meta.dirname, '../../dashboards')

/** Our rules with the minutes as seconds: the same expressions, in time for a test. */
const hurried = (rules: string): string =>
  rules
    .replaceAll('[5m]', '[15s]')
    .replaceAll(/for: \d+m/g, 'for: 3s')
    .replaceAll('interval: 15s', 'interval: 1s')
    .replace('}) > 30\n', '}) > 1.5\n')
    .replace('[15s])) > 20\n', '[15s])) > 1\n')

async function ready(url: string, child: ChildProcess, said: () => string): Promise<void> {
  const until = Date.now() + 30_000
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said()}`)
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} did not get ready: ${said()}`)
}

async function start(program: string, args: string[], url: string): Promise<ChildProcess> {
  const child = spawn(installed(program) as string, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + String(chunk)).slice(-2000)))
  await ready(`${url}/-/ready`, child, () => said)
  return child
}

/** @param folder for data and configuration @param page the collector's address @param receiver who Alertmanager tells */
export async function startMonitoring(folder: string, page: string, receiver: string): Promise<Monitoring> {
  const [port, alertPort] = [await freePort(), await freePort()]
  const [prometheus, alertmanager] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${alertPort}`]
  const read = (file: string): string => readFileSync(join(dashboards, file), 'utf8')
  writeFileSync(join(folder, 'rules.yaml'), hurried(read('prometheus/rules.yaml')))
  writeFileSync(
    join(folder, 'prometheus.yaml'),
    read('prometheus/prometheus.yaml')
      .replaceAll(': 15s', ': 1s')
      .replace('phaseline:7427', new URL(page).host)
      .replace('alertmanager:9093', new URL(alertmanager).host),
  )
  writeFileSync(
    join(folder, 'alertmanager.yaml'),
    read('alertmanager/alertmanager.yaml')
      .replace('http://127.0.0.1:9095/', receiver)
      .replaceAll(/(group_wait|group_interval): \w+/g, '$1: 1s'),
  )
  const children = [
    await start(
      'prometheus-alertmanager',
      [
        `--config.file=${folder}/alertmanager.yaml`,
        `--storage.path=${folder}/am`,
        `--web.listen-address=127.0.0.1:${alertPort}`,
        '--cluster.listen-address=',
      ],
      alertmanager,
    ),
    await start(
      'prometheus',
      [
        `--config.file=${folder}/prometheus.yaml`,
        `--storage.tsdb.path=${folder}/prom`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=exemplar-storage',
      ],
      prometheus,
    ),
  ]
  const get = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T
  return {
    alertmanager,
    async query(expr) {
      const answer = await get<{
        status: string
        error?: string
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }>(`${prometheus}/api/v1/query?query=${encodeURIComponent(expr)}`)
      if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`)
      return answer.data.result
    },
    rules: async () =>
      (await get<{ data: { alerts: { state: string; labels: Record<string, string> }[] } }>(`${prometheus}/api/v1/alerts`)).data
        .alerts,
    active: () => get(`${alertmanager}/api/v2/alerts?active=true`),
    async stop() {
      await Promise.all(
        children.map(async (child) => {
          child.kill('SIGKILL')
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
        }),
      )
    },
  }
}
