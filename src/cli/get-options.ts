import { argumentsOf } from './arguments.ts'
import { UsageError } from './command.ts'

/** What `phaseline get` was asked to do. */
export interface GetOptions {
  readonly url: URL
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | undefined
  readonly repeat: number
  readonly insecure: boolean
  readonly json: boolean
  readonly all: boolean
  readonly fail: boolean
  /** Where spans go, and where timelines come from. */
  readonly to: URL
  readonly page: URL
  /** How long to wait for the server's spans, and for the answer; ms. */
  readonly wait: number
  readonly timeout: number
}

const HELP = `usage: phaseline get [options] URL

Makes one request and prints where its time went: the client's phases (wait,
DNS, connect, TLS, send, receive), and what the server did, if it is traced and
sends its spans to the same collector.

  -X, --request METHOD   GET; POST with -d
  -H, --header LINE      "name: value", as often as needed
  -d, --data BODY        what to send
  -n, --repeat N         so many requests on one connection; the last is printed
  -k, --insecure         take any certificate
  -f, --fail             exit code 22 for a status of 400 and more
      --all              each span on a line of its own, alike or not
      --json             the timelines as JSON
      --to URL           the collector's OTLP address (http://127.0.0.1:4318)
      --page URL         the collector's page (http://127.0.0.1:7427)
      --wait SECONDS     how long to wait for the server's spans (8)
      --timeout SECONDS  how long to wait for the answer (30)

exit code: 0 answered · 1 wrong usage · 22 with -f
           2 no answer (refused, no such name, bad certificate, timeout)`

/** @returns undefined if help was asked for. Throws `UsageError`, and what `parseArgs` throws */
export function getOptions(args: string[]): GetOptions | undefined {
  const given = argumentsOf(HELP, {
    args,
    allowPositionals: true,
    options: {
      request: { type: 'string', short: 'X' },
      header: { type: 'string', short: 'H', multiple: true, default: [] },
      data: { type: 'string', short: 'd' },
      repeat: { type: 'string', short: 'n', default: '1' },
      insecure: { type: 'boolean', short: 'k', default: false },
      fail: { type: 'boolean', short: 'f', default: false },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      to: { type: 'string', default: 'http://127.0.0.1:4318' },
      page: { type: 'string', default: 'http://127.0.0.1:7427' },
      wait: { type: 'string', default: '8' },
      timeout: { type: 'string', default: '30' },
    },
  })
  if (given === undefined) return undefined
  const { values, positionals } = given
  if (positionals.length !== 1) throw new UsageError(positionals.length === 0 ? 'get what? Give a URL' : 'one URL, please')
  return {
    url: httpUrl(positionals[0] as string),
    method: (values.request ?? (values.data === undefined ? 'GET' : 'POST')).toUpperCase(),
    headers: values.header.map(headerOf),
    body: values.data,
    repeat: number('repeat', values.repeat, 1, 1_000),
    insecure: values.insecure,
    json: values.json,
    all: values.all,
    fail: values.fail,
    to: httpUrl(values.to),
    page: httpUrl(values.page),
    wait: number('wait', values.wait, 0, 600) * 1_000,
    timeout: number('timeout', values.timeout, 0.001, 3_600) * 1_000,
  }
}

/** As people type it: `localhost:8000/books` too. */
function httpUrl(text: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError(`"${text}" is no http or https URL`)
  return url
}

function headerOf(line: string): readonly [string, string] {
  const at = line.indexOf(':')
  if (at <= 0) throw new UsageError(`"${line}" is no header: write "name: value"`)
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new UsageError(`--${name} takes a number from ${least} to ${most}`)
  return value
}
