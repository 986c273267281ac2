import { argumentsOf } from './arguments.ts'
import { UsageError } from './command.ts'
import type { Driving } from './check-drive.ts'
import { ageOf, portOf } from './numbers.ts'

const HELP = `usage: phaseline check FILE…            recorded traffic
       phaseline check --url URL        a running app, driven from here
       phaseline check --collector URL  what a running collector knows

Holds traffic against the rules and says which budgets are broken, for CI. FILE
is what "phaseline stitch" reads. Windows and "for" do not matter here: all of
it counts as one window; "minCount" does. A rule with "timesUsual" is left out.

      --rules FILE     phaseline.config.json, .ts or .js here, else the default
                       rules
      --url URL        make requests of this; as often as needed
      --requests N     so many of each that count (50)
      --warmup N       and so many before those (5)
  -H, --header TEXT    send this along, "Accept: text/html"; as often as needed
      --otlp-port N    where a collector is started for the app's spans (4318)
      --collector URL  the page of one that runs and gets the app's spans,
                       instead
      --since AGE      without --url: its timelines of the last so long (5m)
      --limit N        and so many of them at most, the newest (2000)
      --wait SECONDS   for the app's spans to come (20)

exit code: 0 all kept · 1 a budget is broken, or the app did not answer ·
2 nothing could be checked`

/** What is to be checked. */
export type Checked = { readonly rules: string | undefined } & (
  | { readonly files: readonly string[] }
  | { readonly collector: URL; readonly sinceMs: number; readonly limit: number }
  | { readonly driving: Driving; readonly collector: URL | undefined; readonly otlpPort: number; readonly waitMs: number }
)

/** @returns undefined if help was asked for @throws UsageError */
export function checkOptions(args: string[]): Checked | undefined {
  const given = argumentsOf(HELP, {
    args,
    allowPositionals: true,
    options: {
      rules: { type: 'string' },
      url: { type: 'string', multiple: true, default: [] },
      requests: { type: 'string', default: '50' },
      warmup: { type: 'string', default: '5' },
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      'otlp-port': { type: 'string', default: '4318' },
      collector: { type: 'string' },
      since: { type: 'string', default: '5m' },
      limit: { type: 'string', default: '2000' },
      wait: { type: 'string', default: '20' },
    },
  })
  if (given === undefined) return undefined
  const { values, positionals } = given
  const { rules, url: urls } = values
  const collector = values.collector === undefined ? undefined : urlOf('collector', values.collector)
  if (positionals.length > 0) {
    if (urls.length > 0 || collector !== undefined) throw new UsageError('files, or --url, or --collector: one at a time')
    return { rules, files: positionals }
  }
  if (urls.length > 0) {
    const requests = count('requests', values.requests, 1)
    const warmup = count('warmup', values.warmup, 0)
    const headers = Object.fromEntries(values.header.map(headerOf))
    const driving = { urls: urls.map((url) => urlOf('url', url)), headers, requests, warmup }
    return {
      rules,
      driving,
      collector,
      otlpPort: portOf('otlp-port', values['otlp-port']),
      waitMs: count('wait', values.wait, 0) * 1000,
    }
  }
  if (collector === undefined) throw new UsageError('check what? files ("-" is standard input), --url or --collector')
  return { rules, collector, sinceMs: ageOf('since', values.since), limit: count('limit', values.limit, 1) }
}

function urlOf(option: string, text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--${option} takes an http or https URL, not "${text}"`)
  return url
}

function count(option: string, text: string, least: number): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < least)
    throw new UsageError(`--${option} takes a number from ${least} on, not "${text}"`)
  return Number(text)
}

function headerOf(text: string): [string, string] {
  const cut = text.indexOf(':')
  if (cut < 1) throw new UsageError(`--header takes a name, a colon and a value, not "${text}"`)
  return [text.slice(0, cut).trim(), text.slice(cut + 1).trim()]
}
