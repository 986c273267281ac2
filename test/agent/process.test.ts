import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer as createSecureServer } from 'node:https'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collector, type TestCollector } from './collector.ts'

const project = resolve(import.meta.dirname, '../..')
const register = pathToFileURL(join(project, 'src/register.ts')).href
let sink: TestCollector
let folder: string

/** An app that has just answered a request to itself. */
const APP = `
  import { createServer } from 'node:http'
  const server = createServer((request, response) => response.end('hi')).listen(0, '127.0.0.1', async () => {
    await (await fetch('http://127.0.0.1:' + server.address().port)).text()
    await after(server)
  })
`

function start(code: string, env: Record<string, string> = {}): ChildProcess {
  const file = join(folder, 'app.mjs')
  writeFileSync(file, code)
  return fork(file, {
    execArgv: ['--import', register],
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  })
}

beforeEach(async () => {
  sink = await collector()
  folder = mkdtempSync(join(tmpdir(), 'phaseline-process-'))
})

afterEach(async () => {
  await sink.close()
  rmSync(folder, { recursive: true })
})

const names = (): string[] => sink.spans().map(({ attributes }) => String(attributes['phaseline.phase']))

test('an app whose work is done ends, and its spans have arrived', async () => {
  const child = start(
    `${APP}; async function after(server) { server.close(); server.closeAllConnections(); process.disconnect() }`,
  )
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(names()).toEqual(expect.arrayContaining(['gateway', 'respond', 'client']))
})

test('an app that serves its metrics ends all the same, when it has been scraped and its work is done', async () => {
  const child = start(
    `${APP}; async function after(server) {
      process.on('message', () => { server.close(); server.closeAllConnections(); process.disconnect() })
    }`,
    { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: '0' },
  )
  const [said] = (await once(child.stderr as NonNullable<typeof child.stderr>, 'data')) as [Buffer]
  const url = /^phaseline: metrics are served at (http:\/\/127\.0\.0\.1:\d+\/metrics)\n$/.exec(String(said))?.[1] as string
  const ofGateway = async (): Promise<boolean> => (await (await fetch(url)).text()).includes('phase="gateway"')
  await expect.poll(ofGateway).toBe(true)
  child.send('end')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a collector behind TLS gets them if its certificate is trusted, and nothing if it is not', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
  })
  const paths: (string | undefined)[] = []
  const server = createSecureServer({ key, cert }, (request, response) => {
    paths.push(request.url)
    request.resume().on('end', () => response.end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const authority = join(folder, 'authority.pem')
  writeFileSync(authority, cert)
  const [trusting, doubting] = ['NODE_EXTRA_CA_CERTS', 'UNUSED'].map((name) =>
    start(`${APP}; async function after(server) { server.close(); server.closeAllConnections(); process.disconnect() }`, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${(server.address() as AddressInfo).port}`,
      [name]: authority,
    }),
  ) as [ChildProcess, ChildProcess]
  expect(await Promise.all([once(trusting, 'exit'), once(doubting, 'exit')])).toEqual([
    [0, null],
    [0, null],
  ])
  server.close()
  expect(paths).toEqual(['/v1/traces'])
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends the app as it would without us, after its spans have arrived',
  async (signal) => {
    const child = start(`${APP}; async function after() { process.send('ready') }`)
    await once(child, 'message')
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([null, signal])
    expect(names()).toContain('gateway')
  },
)

test('an app that handles the signal itself ends when it likes', async () => {
  const child = start(`${APP}; async function after(server) {
    process.on('SIGTERM', () => setTimeout(() => process.exit(7), 300))
    process.send('ready')
  }`)
  await once(child, 'message')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([7, null])
  expect(names()).toContain('gateway')
})

test.each(['none', 'otlp'])('a collector that hangs delays the end by two seconds at most, with metrics: %s', async (metrics) => {
  sink.behave(() => {})
  const child = start(`${APP}; async function after() { process.send('ready') }`, { OTEL_METRICS_EXPORTER: metrics })
  await once(child, 'message')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
})

test.each(['kill', 'exit'])('metrics that wait for their interval arrive when the process ends: by %s', async (way) => {
  const child = start(`${APP}; async function after() { process.send('ready'); if (${way === 'exit'}) process.exit(0) }`, {
    OTEL_METRICS_EXPORTER: 'otlp',
  })
  await once(child, 'message')
  if (way === 'kill') child.kill('SIGTERM')
  await once(child, 'exit')
  const [self] = sink.metrics().filter(({ name }) => name === 'phaseline.phase.self_time')
  expect(self?.points.map(({ attributes }) => attributes['phaseline.phase'])).toContain('gateway')
})

test('a request that hangs is sent when the process ends, and says so', async () => {
  const child = start(`
    import { createServer, get } from 'node:http'
    const server = createServer(() => process.send('ready')).listen(0, '127.0.0.1', () => get({ port: server.address().port }).on('error', () => {}))
  `)
  await once(child, 'message')
  child.kill('SIGTERM')
  await once(child, 'exit')
  const gateway = sink.spans().find(({ attributes }) => attributes['phaseline.phase'] === 'gateway')
  expect(gateway?.attributes).toMatchObject({ 'phaseline.in_flight': true, 'url.path': '/' })
})

test('what process.exit() cuts off arrives all the same', async () => {
  const child = start(`${APP}; async function after() { process.exit(3) }`)
  expect(await once(child, 'exit')).toEqual([3, null])
  expect(names()).toEqual(expect.arrayContaining(['gateway', 'client']))
})

test('a signal handler that exits at once loses nothing', async () => {
  const child = start(`${APP}; async function after() {
    process.on('SIGTERM', () => process.exit(0))
    process.send('ready')
  }`)
  await once(child, 'message')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(names().filter((name) => name === 'gateway').length).toBe(1)
})

test('an exception that nobody catches ends the app as it would without us, and its trace arrives', async () => {
  const child = start(`${APP}; async function after() { setImmediate(() => { throw new Error('mine') }) }`)
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)))
  expect(await once(child, 'exit')).toEqual([1, null])
  expect(said).toContain('Error: mine')
  expect(names()).toContain('gateway')
})

test('bad settings are told of in one line each, and the app runs', async () => {
  const child = start(
    `${APP}; async function after(server) { server.close(); server.closeAllConnections(); process.disconnect() }`,
    { OTEL_TRACES_SAMPLER: 'dice' },
  )
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)))
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(said).toBe('phaseline: OTEL_TRACES_SAMPLER=dice is not supported, parentbased_always_on is used\n')
})

/** Some Node that is too old: the system's, mostly. Never the one under test. */
const OLD = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path) && majorOf(path) < 22)

function majorOf(path: string): number {
  return Number(/^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1] ?? 99)
}

test.skipIf(OLD === undefined)(
  'on a Node older than 22 (if one is installed) the app runs, and one line says why it is not traced',
  async () => {
    // Stripped of its types, because an old Node does not take TypeScript.
    const built = join(folder, 'register.mjs')
    writeFileSync(built, stripTypeScriptTypes(readFileSync(join(project, 'src/register.ts'), 'utf8')))
    const child = spawn(OLD as string, ['--import', pathToFileURL(built).href, '-e', 'console.log("app runs")'])
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += String(chunk)))
    child.stderr.on('data', (chunk: Buffer) => (err += String(chunk)))
    expect(await once(child, 'close')).toEqual([0, null])
    expect(out).toBe('app runs\n')
    expect(err).toMatch(/^phaseline: needs Node 22\.18 or newer, this is v[\d.]+\. The app runs, without tracing\.\n$/)
  },
)
