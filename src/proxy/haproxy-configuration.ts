const TRACEPARENT = '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-|$)'
const INVALID = '^(ff|..-0{32}-|..-[0-9a-f]{32}-0{16}-)'

/** Where HAProxy's own words go in the log: `formats/haproxy-log-line.ts` reads these names. All texts, times in ms. */
const FIELDS: Readonly<Record<string, string>> = {
  phaseline: '1',
  proxy: 'haproxy',
  trace: '%[var(txn.phaseline_trace)]',
  span: '%[var(txn.phaseline_span)]',
  parent: '%[var(txn.phaseline_parent)]',
  flags: '%[var(txn.phaseline_flags)]',
  at: '%[var(txn.phaseline_at)]',
  request: '%TR',
  queue: '%Tw',
  connect: '%Tc',
  response: '%Tr',
  active: '%Ta',
  state: '%ts',
  retries: '%rc',
  server: '%si:%sp',
  method: '%HM',
  scheme: '%[var(txn.phaseline_scheme)]',
  host: '%[var(txn.phaseline_host)]',
  port: '%fp',
  path: '%[var(txn.phaseline_path)]',
  protocol: '%HV',
  client: '%ci',
  status: '%ST',
  bytes: '%B',
}

/**
 * What a stock HAProxy (2.6 and later) needs in a `frontend` of `mode http` to be a part of the timelines: plain rules that give
 * requests their ids, hand them on to the app, and a log of JSON lines over syslog that `spansOfLine` reads. The query is not logged.
 * @param port of 127.0.0.1 where the collector takes that log
 */
export function haproxyConfiguration(port: number): string {
  const format = Object.entries(FIELDS).map(([name, value]) => `"${name}":"${value}"`)
  const set = (name: string, value: string): string => `http-request set-var(txn.phaseline_${name}) ${value}`
  const came = 'if phaseline_came !phaseline_invalid'
  return [
    `acl phaseline_came req.hdr(traceparent) -m reg ${TRACEPARENT}`,
    `acl phaseline_invalid req.hdr(traceparent) -m reg ${INVALID}`,
    'acl phaseline_invalid req.hdr_cnt(traceparent) gt 1',
    set('at', 'date(0,us)'),
    set('trace', 'uuid(),regsub(-,,g)'),
    set('span', 'uuid(),regsub(-,,g),bytes(16,16)'),
    set('parent', 'str()'),
    set('flags', 'str(01)'),
    set('trace', `req.hdr(traceparent),field(2,-) ${came}`),
    set('parent', `req.hdr(traceparent),field(3,-) ${came}`),
    set('flags', `req.hdr(traceparent),field(4,-) ${came}`),
    set('scheme', 'str(http)'),
    set('scheme', 'str(https) if { ssl_fc }'),
    set('host', 'req.hdr(host),host_only,json(utf8s)'),
    set('path', 'path,json(utf8s)'),
    'http-request set-header traceparent 00-%[var(txn.phaseline_trace)]-%[var(txn.phaseline_span)]-%[var(txn.phaseline_flags)]',
    'http-request set-header X-Request-Start t=%[date(0,us)]',
    `log 127.0.0.1:${port} len 8192 format rfc3164 daemon`,
    `log-format '{${format.join(',')}}'`,
  ].join('\n')
}
