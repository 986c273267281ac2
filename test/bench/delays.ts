import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, get, type IncomingMessage, type RequestListener, type RequestOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { parseArgs } from 'node:util'
import { generate } from 'selfsigned'
import { decodeTraces } from '../../src/otlp/decode.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { tracesOf } from '../../src/stitch/traces.ts'
import { epochOrigin } from '../../src/model/clock.ts'
import { newSpanId, newTraceId } from '../../src/model/ids.ts'
import type { Span } from '../../src/model/span.ts'
import { cluster, missing as noPostgres } from '../database/postgres.ts'
import { waitedForCpu } from './app/cpu-wait.ts'
import { ELSEWHERE, IN_EXPRESS } from './app/delay-places.ts'
import { KNOWN, type Place, type Surroundings } from './app/delay-places/place.ts'

/**
 * Whether the time is where it was spent: known delays are put into every place of an app, one at a time, and looked for in the
 * timeline that the app's spans are stitched to, after they went all the way: agent, OTLP, decoder, stitcher. The error is the
 * self time of the phase that has to have the delay, less the delay. How long that really was is said by whoever was late,
 * by the clock around it, so that a timer's slack is not counted. What the phase does besides (rendering, sending) is in the
 * error.
 */
export const title = 'is the time put where it was spent?'

interface Variant {
  readonly name: string
  readonly app: 'delays.mjs' | 'delays.cjs'
  readonly env: Record<string, string>
}

const EXPRESSES = {
  'Express 4.22': { EXPRESS: 'express4' },
  'Express 5, router 2.2': { ROUTER: 'router22' },
  'Express 5, router 2.3': {},
}
const VARIANTS: readonly Variant[] = Object.entries(EXPRESSES).flatMap(([name, env]) => [
  { name: `${name}, CommonJS`, app: 'delays.cjs', env },
  { name: `${name}, ESM`, app: 'delays.mjs', env },
])

const WARM_UP = 2
/** In ms. */
const UNDISTURBED = 1
const MOST_TRIES = 50
let repeated = 0

/** One request: how late the app was, and what the phase that has to have it says. */
interface Reading {
  readonly place: Place
  readonly variant: Variant
  readonly injected: number
  /** 0 if there is no such phase. */
  readonly found: number
  /** The phase that has the most of the request: to be that one. */
  readonly blamed: string
}

/** @param args `--requests 5 --write docs/delays.md` */
export async function run(args: string[]): Promise<Record<string, string | number>[]> {
  const { values } = parseArgs({ args, options: { requests: { type: 'string', default: '5' }, write: { type: 'string' } } })
  const world = await surroundings()
  const readings: Reading[] = []
  try {
    for (const variant of VARIANTS) {
      const last = variant === VARIANTS.at(-1)
      const places = [...IN_EXPRESS, ...(last ? ELSEWHERE : [])].filter((place) => isPossible(place, variant, world.around))
      readings.push(...(await measure(variant, places, Number(values.requests), world)))
    }
  } finally {
    await world.close()
  }
  const page = markdown(readings, Number(values.requests))
  if (values.write === undefined) console.log(page)
  else writeFileSync(values.write, page)
  return [worstOf(readings)]
}

function isPossible({ only5, where }: Place, { name }: Variant, { postgres }: Surroundings): boolean {
  return !(only5 === true && name.includes('4.22')) && !(where.includes('`pg') && postgres === '')
}

interface World {
  readonly around: Surroundings
  /** How late this process was since it was last asked, in ms. */
  lateness(): number
  wait(then: () => void): void
  close(): Promise<void>
}

/** The servers that an app talks to, in this process, which nobody watches. */
async function surroundings(): Promise<World> {
  let late = 0
  const wait = (then: () => void): void => {
    const from = performance.now()
    setTimeout(() => ((late += performance.now() - from), then()), KNOWN)
  }
  const slowly: RequestListener = (req, res) => {
    req.resume().once('end', () => {
      if (req.url === '/head') wait(() => res.end('x'))
      else if (req.url === '/body') res.write('x', () => wait(() => res.end('y')))
      else res.end('x')
    })
  }
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
  })
  const context = createSecureContext({ key, cert })
  const slow = createServer(slowly)
  const slowTls = createSecureServer({ key, cert, SNICallback: (_name, done) => wait(() => done(null, context)) }, slowly)
  const database = noPostgres === undefined ? await cluster() : undefined
  return {
    around: { slow: await listening(slow), slowTls: await listening(slowTls), postgres: database?.url ?? '' },
    wait,
    lateness() {
      const ms = late
      late = 0
      return ms
    },
    async close() {
      slow.close().closeAllConnections()
      slowTls.close().closeAllConnections()
      await database?.stop()
    },
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** An app with the agent, and the collector that it sends to. */
async function measure(variant: Variant, places: readonly Place[], requests: number, world: World): Promise<Reading[]> {
  const bodies: Buffer[] = []
  const collector = createServer((req, res) => {
    void bodyOf(req).then((body) => (bodies.push(body), res.end()))
  })
  const app = await started(variant, await listening(collector), world)
  const asked: Asked[] = []
  // The first of each are to warm up.
  for (let round = -WARM_UP; round < requests; round++) {
    for (const place of places) {
      const one = await askUndisturbed(app.port, place, world)
      if (round >= 0) asked.push(one)
    }
  }
  app.child.kill()
  await once(app.child, 'exit')
  collector.close().closeAllConnections()
  const traces = tracesOf(bodies.flatMap((body) => decodeTraces(body, 'protobuf').spans))
  return asked.map((one) => ({ ...one, variant, ...look(one.place, traces.get(one.traceId) ?? []) }))
}

async function started(
  { app, env }: Variant,
  collector: number,
  { around }: World,
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(import.meta.dirname, 'app', app), {
    execArgv: ['--import', join(import.meta.dirname, '../../src/register.ts')],
    env: {
      ...process.env,
      ...env,
      SURROUNDINGS: JSON.stringify(around),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector}`,
      OTEL_METRICS_EXPORTER: 'none',
      NODE_ENV: 'production',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

interface Asked {
  readonly place: Place
  readonly traceId: string
  readonly injected: number
}

/** A request during which nobody had to wait for a CPU: what such a one shows is the machine's load. */
async function askUndisturbed(port: number, place: Place, world: World): Promise<Asked> {
  for (let tries = 1; ; tries++) {
    const traceId = newTraceId()
    const headers = { 'x-place': encodeURIComponent(place.where), traceparent: `00-${traceId}-${newSpanId()}-01` }
    world.lateness()
    waitedForCpu()
    await ask({ port, headers: { 'x-place': 'measured' } })
    await askLate(port, place, headers, world)
    const app = JSON.parse(await ask({ port, headers: { 'x-place': 'measured' } })) as { lateness: number; waited: number }
    if (waitedForCpu() + app.waited < UNDISTURBED || tries === MOST_TRIES)
      return { place, traceId, injected: app.lateness || world.lateness() }
    repeated++
  }
}

/** Asks for a place; late itself, if the place wants that. */
async function askLate(port: number, { path, client }: Place, headers: Record<string, string>, { wait }: World): Promise<void> {
  const since = epochOrigin() + performance.now()
  if (client === undefined) return void (await ask({ port, path, headers }))
  if (client === 'queued') {
    await new Promise<void>((resolve) => wait(resolve))
    return void (await ask({ port, headers: { ...headers, 'x-request-start': `t=${(since / 1_000).toFixed(6)}` } }))
  }
  await ask({ port, headers: { 'x-place': 'disturb' } })
  await ask({ port, path, headers })
}

/** Asks on a connection of its own. @returns the body */
function ask(options: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => void bodyOf(response).then((body) => resolve(String(body)))
    get({ host: '127.0.0.1', agent: false, ...options }, answered).once('error', reject)
  })
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** What the timeline says. */
function look({ who }: Place, spans: readonly Span[]): Pick<Reading, 'found' | 'blamed'> {
  if (spans.length === 0) return { found: 0, blamed: 'nothing' }
  const all = stitch(spans).spans.filter(({ source, phase }) => source !== null && phase !== 'gateway')
  const most = all.toSorted((a, b) => Number(b.selfNs - a.selfNs))
  const found = most.find(({ name }) => name.startsWith(who))
  return { found: found === undefined ? 0 : Number(found.selfNs) / 1e6, blamed: most[0]?.name ?? 'nothing' }
}

const errorOf = ({ found, injected }: Reading): number => found - injected
const size = (reading: Reading): number => Math.abs(errorOf(reading))

/** The reading with the greatest error; without the phase, that is the whole delay. */
function worst(readings: readonly Reading[]): Reading | undefined {
  return readings.toSorted((a, b) => size(b) - size(a))[0]
}

function worstOf(readings: readonly Reading[]): Record<string, string | number> {
  const one = worst(readings)
  if (one === undefined) return {}
  const beyond = readings.filter((each) => !(size(each) < 2 || size(each) < 0.05 * each.injected)).length
  return { requests: readings.length, 'beyond 2 ms and 5 %': beyond, worst: `${ms(errorOf(one))} ms`, there: one.place.where }
}

const ms = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`

/** Of the readings of one place in one variant: the median error and the worst. */
function cell(readings: readonly Reading[]): string {
  if (readings.length === 0) return '–'
  const sorted = readings.map(errorOf).toSorted((a, b) => a - b)
  const middle = sorted[sorted.length >> 1] as number
  const { found, blamed } = worst(readings) as Reading
  return found === 0 ? `on \`${blamed}\`` : `${ms(middle)} (${ms(errorOf(worst(readings) as Reading))})`
}

function markdown(readings: readonly Reading[], requests: number): string {
  const version = (name: string): string =>
    (
      JSON.parse(readFileSync(join(import.meta.dirname, `../../node_modules/${name}/package.json`), 'utf8')) as {
        version: string
      }
    ).version
  const rowsOf = (places: readonly Place[], variants: readonly Variant[]): string[] =>
    places.map((place) => {
      const here = readings.filter((reading) => reading.place === place)
      const cells = variants.map((variant) => cell(here.filter((reading) => reading.variant === variant)))
      return `| ${place.where} | \`${place.who}\` | ${cells.join(' | ')} |`
    })
  const last = VARIANTS.at(-1) as Variant
  const one = worst(readings) as Reading
  const inBounds = readings.filter((each) => size(each) < 2 || size(each) < 0.05 * each.injected).length
  return `# Is the time put where it was spent?

A delay of ${KNOWN} ms is put into one place of an app at a time, and looked for in the timeline. Each figure is the self time of the
phase that has to have the delay, less the delay, in milliseconds: the median of ${requests} requests, and in brackets the worst of
them. How long the delay really was is said by whoever was late, by the clock around it: a timer's slack is not our error. What
the phase does besides (rendering, sending, a TLS handshake's arithmetic) is in the figure. The spans go all the way: the agent
in the app's process (\`node --import phaseline/register\`, nothing else), OTLP, decoder, stitcher.

A request during which the app or its surroundings had to wait for a CPU, for ${UNDISTURBED} ms in all, was repeated (${repeated} were): it shows the
machine's load.

Of ${readings.length} requests ${inBounds} are within 2 ms or 5 %; the worst is ${ms(errorOf(one))} ms (${one.place.where}, ${one.variant.name}).

Measured on ${new Date().toISOString().slice(0, 10)} on ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, Express ${version('express4')} and ${version('express')} with
router ${version('router22')} and ${version('router')}, express-session ${version('express-session')}, compression ${version('compression')}, morgan ${version('morgan')}, by

    npm run bench -- delays --requests ${requests} --write docs/delays.md

## In Express

| where the delay is | phase | ${VARIANTS.map(({ name }) => name).join(' | ')} |
|---|---|${VARIANTS.map(() => '---:|').join('')}
${rowsOf(IN_EXPRESS, VARIANTS).join('\n')}

Express 4 does not wait for promises, so what a middleware awaits after \`next()\` is seen with Express 5 only. Morgan writes its line
when the response has been handed to the kernel: that is after the request.

## Elsewhere

The client's, the proxy's and the drivers' phases know no Express; measured with ${last.name}.

| where the delay is | phase | error |
|---|---|---:|
${rowsOf(ELSEWHERE, [last]).join('\n')}
`
}
