/** What a stock nginx needs to be a part of the timelines. */
export interface NginxConfiguration {
  /** For `http { … }`: ids, the log's format, the log. */
  readonly http: string
  /** For each `location` that has a `proxy_pass`: the context goes on to the app. */
  readonly location: string
}

const TRACEPARENT = '^(?!ff)[0-9a-f]{2}-(?!0{32})'

/** Where nginx's own variables go in the log: `formats/proxy-log.ts` reads these names. All strings: nginx says `-` for "none". */
const FIELDS: Readonly<Record<string, string>> = {
  phaseline: '1',
  trace: '$phaseline_trace',
  span: '$phaseline_span',
  parent: '$phaseline_parent',
  flags: '$phaseline_flags',
  end: '$msec',
  duration: '$request_time',
  forwarded: '$phaseline_forwarded',
  method: '$request_method',
  scheme: '$scheme',
  host: '$host',
  port: '$server_port',
  path: '$phaseline_path',
  protocol: '$server_protocol',
  client: '$remote_addr',
  status: '$status',
  bytes: '$body_bytes_sent',
  cache: '$upstream_cache_status',
  upstream: '$upstream_addr',
  upstream_status: '$upstream_status',
  upstream_connect: '$upstream_connect_time',
  upstream_header: '$upstream_header_time',
  upstream_response: '$upstream_response_time',
}

/**
 * Plain directives, for nginx 1.13.10 and later, without any module: a trace id of `$request_id` where no `traceparent` came
 * in, a span id of its other half, a log of JSON lines that `spansOfLine` reads. The query string is not logged.
 * @param log path of the log, as nginx's `access_log` takes it (`syslog:server=…` too)
 */
export function nginxConfiguration(log: string): NginxConfiguration {
  const fields = Object.entries(FIELDS).map(([name, value]) => `    '"${name}":"${value}"`)
  const format = `${fields.join(",'\n")}'`.replace(/^ {4}'/, "    '{").replace(/'$/, "}'")
  return {
    http: `# Phaseline: in http { }
map $http_traceparent $phaseline_trace {
  default $request_id;
  "~${TRACEPARENT}(?<phaseline_t>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-|$)" $phaseline_t;
}
map $http_traceparent $phaseline_parent {
  default "";
  "~${TRACEPARENT}[0-9a-f]{32}-(?!0{16})(?<phaseline_p>[0-9a-f]{16})-[0-9a-f]{2}(-|$)" $phaseline_p;
}
map $http_traceparent $phaseline_flags {
  default "01";
  "~${TRACEPARENT}[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-(?<phaseline_f>[0-9a-f]{2})(-|$)" $phaseline_f;
}
map $request_id $phaseline_span {
  default "";
  "~^[0-9a-f]{16}(?<phaseline_s>[0-9a-f]{16})$" $phaseline_s;
}
map $request_uri $phaseline_path {
  default "";
  "~^(?<phaseline_u>[^?]*)" $phaseline_u;
}
# The value of a map is kept for the request: this is the time at which it was first asked for, that is when the request
# was forwarded; where nothing was, it is asked for by the log.
map $msec $phaseline_forwarded {
  default $msec;
}
log_format phaseline escape=json
${format};
access_log ${log} phaseline;
`,
    location: `# Phaseline: beside proxy_pass
proxy_set_header traceparent "00-$phaseline_trace-$phaseline_span-$phaseline_flags";
proxy_set_header X-Request-Start "t=$phaseline_forwarded";
`,
  }
}
