import { extname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startDemo } from '../demo/demo.ts'
import { argumentsOf } from './arguments.ts'
import { portOf } from './numbers.ts'
import { untilSignal } from './signal.ts'

const HELP = `usage: phaseline demo [options]

A bookshop with real traffic: an app, a second service, a proxy with TLS and a
client, each in its own process, and the page that shows where their requests'
time goes. Nothing is left behind when it ends.

  --port N           the page (7427)
  --otlp-port N      OTLP/HTTP (4318)
  --shop-port N      the shop (8443; another if that is taken)
  --forward URL      send everything on to another OTLP endpoint; repeatable
  --jaeger-url URL   a Jaeger's page: timelines link to it

The shop's books are in SQLite, or in PostgreSQL if DATABASE_URL says where.`

/** `phaseline demo`: runs until a signal comes. */
export async function demo(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    options: {
      port: { type: 'string', default: '7427' },
      'otlp-port': { type: 'string', default: '4318' },
      'shop-port': { type: 'string', default: '8443' },
      forward: { type: 'string', multiple: true, default: [] },
      'jaeger-url': { type: 'string' },
    },
  })
  if (given === undefined) return 0
  const { values } = given
  const ended = untilSignal()
  const running = await startDemo({
    port: portOf('port', values.port),
    otlpPort: portOf('otlp-port', values['otlp-port']),
    shopPort: portOf('shop-port', values['shop-port']),
    databaseUrl: process.env.DATABASE_URL,
    forward: values.forward,
    jaegerUrl: values['jaeger-url'],
  })
  console.log(`${running.page}

  Requests to a bookshop appear there, a few per second,
  from the client's DNS lookup to the last byte.

  The shop    ${running.shop}/books/ (your visits appear, too)
  One request ${command()} get -k${whereFor(running)} ${running.shop}/books/3/
  Your app    ${command()} run --to ${running.otlp} app.js

  Ctrl-C stops everything.`)
  await ended
  await running.stop()
  return 0
}

/** What `get` has to be told where the collector is not where it looks for one. */
function whereFor({ page, otlp }: { readonly page: string; readonly otlp: string }): string {
  const told = (option: string, url: string, port: string): string => (new URL(url).port === port ? '' : ` ${option} ${url}`)
  return told('--to', otlp, '4318') + told('--page', page, '7427')
}

/** How this program is called from here: installed, or in a checkout, where npx finds the right Node. */
function command(): string {
  const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
  return extname(import.meta.url) === '.ts' ? `npx node ${relative(process.cwd(), bin)}` : 'npx phaseline'
}
