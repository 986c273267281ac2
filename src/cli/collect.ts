import { homedir } from 'node:os'
import { join } from 'node:path'
import { alertConfig } from '../station/alerting.ts'
import { openStation, type StationOptions } from '../station/station.ts'
import { argumentsOf } from './arguments.ts'
import { UsageError } from './command.ts'
import { ageOf, bytesOf, portOf } from './numbers.ts'
import { untilSignal } from './signal.ts'

const HELP = `usage: phaseline collect [options]

Receives spans over OTLP/HTTP from any OpenTelemetry SDK, stitches them into
timelines, keeps them, and shows the page. What is marked with + may be given
as often as needed.

  --data DIR         where timelines are kept (~/.phaseline)
  --memory           keep them in memory only
  --port N           the page and its API (7427)
  --otlp-port N      OTLP/HTTP (4318)
  --grpc-port N      OTLP/gRPC (4317 unless --otlp-port is given; off: none)
  --host ADDRESS     the address to listen on (127.0.0.1)
  --allow-host NAME  + a host name of the page, beside the local ones
  --token TEXT       ask senders for "Authorization: Bearer TEXT"
  --origin ORIGIN    + a web page that may send
  --forward URL      + send everything on to another OTLP endpoint
  --forward-corrected URL
                     + the same, with the times of wrong clocks corrected
  --nginx-log FILE   + an access log of nginx to follow (see phaseline nginx)
  --nginx-syslog N   a UDP port for the same over syslog, on 127.0.0.1
  --jaeger-url URL   a Jaeger's page: timelines link to it
  --rules FILE       what to alert on and whom to tell (phaseline.config.json,
                     .ts or .js here, else sensible rules)
  --keep AGE         drop timelines older than this (7d)
  --keep-size SIZE   drop the oldest beyond this size on disk (10G)`

/** `phaseline collect`: runs until a signal comes. */
export async function collect(args: string[]): Promise<number> {
  const options = optionsOf(args)
  if (options === undefined) return 0
  // From here on: who reads the address may stop it at once.
  const ended = untilSignal()
  const station = await openStation({ ...options, alerts: await alertConfig(options.rules) })
  console.log(station.serving.url)
  const kept = options.data === undefined ? 'kept in memory' : `kept in ${options.data}`
  const syslog = station.syslogPort === undefined ? '' : ` · syslog on 127.0.0.1:${station.syslogPort}`
  console.log(`  OTLP/HTTP on ${station.otlp}${syslog} · ${kept} · Ctrl-C stops`)
  await ended
  await station.close()
  return 0
}

function optionsOf(args: string[]): (StationOptions & { rules?: string }) | undefined {
  const given = argumentsOf(HELP, {
    args,
    options: {
      data: { type: 'string', default: join(homedir(), '.phaseline') },
      memory: { type: 'boolean', default: false },
      port: { type: 'string', default: '7427' },
      'otlp-port': { type: 'string', default: '4318' },
      'grpc-port': { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      token: { type: 'string' },
      origin: { type: 'string', multiple: true, default: [] },
      forward: { type: 'string', multiple: true, default: [] },
      'forward-corrected': { type: 'string', multiple: true, default: [] },
      'nginx-log': { type: 'string', multiple: true, default: [] },
      'nginx-syslog': { type: 'string' },
      'jaeger-url': { type: 'string' },
      rules: { type: 'string' },
      keep: { type: 'string', default: '7d' },
      'keep-size': { type: 'string', default: '10G' },
    },
  })
  if (given === undefined) return undefined
  const { values } = given
  const hosts = values['allow-host']
  return {
    ...(!values.memory && { data: values.data }),
    port: portOf('port', values.port),
    otlpPort: portOf('otlp-port', values['otlp-port']),
    ...grpcOf(values['grpc-port'], values['otlp-port']),
    host: values.host,
    allowedHosts: hosts,
    access: { hosts, origins: values.origin, ...(values.token !== undefined && { token: values.token }) },
    forward: [
      ...values.forward.map((url) => ({ url: urlOf('forward', url) })),
      ...values['forward-corrected'].map((url) => ({ url: urlOf('forward-corrected', url), corrected: true })),
    ],
    nginx: {
      logs: values['nginx-log'],
      ...(values['nginx-syslog'] !== undefined && { syslogPort: portOf('nginx-syslog', values['nginx-syslog']) }),
    },
    retention: { maxAgeMs: ageOf('keep', values.keep), maxBytes: bytesOf('keep-size', values['keep-size']) },
    ...(values.rules !== undefined && { rules: values.rules }),
    ...(values['jaeger-url'] !== undefined && { jaegerUrl: urlOf('jaeger-url', values['jaeger-url']) }),
  }
}

/** Beside another OTLP/HTTP port there is probably another collector, which has 4317. */
function grpcOf(given: string | undefined, otlpPort: string): { grpcPort?: number } {
  const port = given ?? (otlpPort === '4318' ? '4317' : 'off')
  return port === 'off' ? {} : { grpcPort: portOf('grpc-port', port) }
}

function urlOf(option: string, text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new UsageError(`--${option} takes an http or https URL, not "${text}"`)
  return text
}
