import { nginxConfiguration } from '../proxy/nginx-configuration.ts'
import { haproxyConfiguration } from '../proxy/haproxy-configuration.ts'
import { argumentsOf } from './arguments.ts'
import { UsageError } from './command.ts'
import { portOf } from './numbers.ts'

const HELP = `usage: phaseline nginx [options]

Prints what an ordinary nginx (1.13.10 and later, no module) needs so that its
part of each request is in the timeline: plain directives that give requests
their ids, hand them on to the app, and write a log for "phaseline collect".

  --log FILE      where nginx writes that log (/var/log/nginx/phaseline.log);
                  syslog:server=127.0.0.1:PORT sends it there instead
  --upstream URL  print a server in front of this app as well
  --haproxy PORT  print what a frontend of HAProxy (2.6 and later) needs
                  instead; its log goes over syslog to this port, where
                  "phaseline collect --nginx-syslog PORT" takes it

  phaseline nginx > /etc/nginx/conf.d/phaseline.conf
  nginx -t && nginx -s reload
  phaseline collect --nginx-log /var/log/nginx/phaseline.log`

/** `phaseline nginx`: prints a configuration. */
export function nginx(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    options: {
      log: { type: 'string', default: '/var/log/nginx/phaseline.log' },
      upstream: { type: 'string' },
      haproxy: { type: 'string' },
    },
  })
  if (given === undefined) return Promise.resolve(0)
  const { values } = given
  if (values.haproxy !== undefined) console.log(haproxyFile(portOf('haproxy', values.haproxy)))
  else console.log(nginxFile(values.log, values.upstream))
  return Promise.resolve(0)
}

/** Lines for a frontend of HAProxy. @param port of 127.0.0.1 where the collector takes its log */
export function haproxyFile(port: number): string {
  return `# Phaseline for HAProxy. This belongs into each frontend, before its other rules; "mode http"
# has to be set, and a log and log-format of the frontend's own have to go. Check it with
# "haproxy -c -f FILE", reload HAProxy, and start
#
#   phaseline collect --nginx-syslog ${port}

${haproxyConfiguration(port)}`
}

/**
 * A file to include in `http { … }`, whole as it is.
 * @param log as `access_log` takes it @param upstream an app to put a server before
 * @throws UsageError for what would be something else in nginx's language
 */
export function nginxFile(log: string, upstream?: string): string {
  if (!/^[\w./:=,+@[\]-]+$/.test(log)) throw new UsageError(`--log takes a path without spaces and quotes, not "${log}"`)
  const { http, location } = nginxConfiguration(log)
  return `# Phaseline for nginx. This belongs inside http { }: most packages of nginx include
# the files of /etc/nginx/conf.d/ there. Check it with "nginx -t", reload nginx, and start
#
#   phaseline collect ${collecting(log)}

${withoutHeading(http)}
# A server or location with an access_log of its own does not write this one: repeat the
# line above there. An "access_log off" in http { } itself turns this one off, too.

# For the app, so that its spans belong to nginx's. A server or location with a
# proxy_set_header of its own does not have these two: repeat them there.
${withoutHeading(location)}${upstream === undefined ? '' : `\n${server(upstream, location)}`}`.trimEnd()
}

function withoutHeading(part: string): string {
  return part.replace(/^# Phaseline: .*\n/, '')
}

function collecting(log: string): string {
  const syslog = /^syslog:.*server=[^,]*?:(\d+)(?:,|$)/.exec(log)
  return syslog === null ? `--nginx-log ${log}` : `--nginx-syslog ${syslog[1]}`
}

function server(upstream: string, location: string): string {
  const url = URL.parse(upstream)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--upstream takes an http or https URL, not "${upstream}"`)
  const to = `${url.origin}${url.pathname === '/' ? '' : url.pathname}`
  const lines = [
    `proxy_pass ${to};`,
    ...(url.protocol === 'https:' ? ['proxy_ssl_server_name on;'] : []),
    'proxy_set_header Host $host;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    ...withoutHeading(location).trimEnd().split('\n'),
  ]
  return `server {
  listen 80;
  location / {
${lines.map((line) => `    ${line}`).join('\n')}
  }
}`
}
