import type { Line } from './proxy-log-line.ts'

/**
 * A line of HAProxy's log, as `haproxyConfiguration` lays it out, in the words of nginx's: one attempt, because HAProxy counts
 * repeated ones and has no times of each. Its times are whole ms, -1 for what was not reached
 * (https://docs.haproxy.org/2.6/configuration.html#8.4). The wait for a server that is full is part of `proxy receive`.
 */
export function lineOfHaproxy(line: Line): Line {
  // What came was no request: there is no trace to tell of, as if it was not sampled.
  if (line['trace'] === '-') return { ...line, trace: '0'.repeat(32), span: '0'.repeat(16), parent: '', flags: '00' }
  const {
    at = '',
    server = '',
    retries = '',
    state = '',
    status = '',
    parent = '',
    host = '',
    client = '',
    port = '',
    ...rest
  } = line
  const timer = (name: string): number | undefined => (/^\d+$/.test(line[name] ?? '') ? Number(line[name]) : undefined)
  // µs, when the head had been read.
  const read = /^\d{14,17}$/.test(at) ? Number(at) / 1_000 : NaN
  const start = read - (timer('request') ?? 0)
  const active = timer('active') ?? 0
  const forwarded = read + (timer('queue') ?? 0)
  const connect = timer('connect')
  const answered = timer('response')
  const header = connect === undefined || answered === undefined ? undefined : connect + answered
  const reached = timer('queue') !== undefined && !server.startsWith('-') && server !== ':'
  return {
    ...rest,
    // A dash stands for what there is not, as a connection by a socket's path has no address.
    parent: parent === '-' ? '' : parent,
    host: host === '-' ? '' : host,
    client: client === 'unix' ? '' : client,
    port: client === 'unix' ? '' : port,
    end: seconds(start + active),
    duration: seconds(active),
    forwarded: seconds(forwarded),
    // Gone without an answer: as nginx says it.
    status: /^C[RQCH]/.test(state) ? '499' : status,
    upstream: reached ? server : '',
    upstream_status: reached && header !== undefined ? status : '',
    upstream_connect: seconds(connect),
    upstream_header: seconds(header),
    upstream_response: seconds(Math.max(0, start + active - forwarded)),
    attempts: reached && /^\+?\d+$/.test(retries) ? String(Number(retries) + 1) : '',
  }
}

function seconds(ms: number | undefined): string {
  return ms === undefined || !(ms >= 0) ? '-' : (ms / 1_000).toFixed(3)
}
