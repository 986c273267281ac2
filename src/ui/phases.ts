/** What the page says of each phase, in the order of a request's life. Its colour is the class `phase-…` of `styles/phases.css`. */
export interface PhaseLook {
  readonly id: string
  /** A few words for the legend. */
  readonly label: string
  /** What happens in it, for whoever does not know the word. */
  readonly meaning: string
  readonly className: string
}

const WORDS: Readonly<Record<string, readonly [label: string, meaning: string]>> = {
  client: ['client', 'the caller, outside of any phase below'],
  'client.wait': ['connection wait', 'the call until a socket is there'],
  dns: ['DNS lookup', 'the host name becomes an address'],
  connect: ['TCP connect', 'one attempt to connect'],
  tls: ['TLS handshake', 'the connection becomes secure'],
  'client.send': ['send request', 'the request leaves the client'],
  'client.ttfb': ['response wait', 'sent, and nothing came back yet: the network, beside what the server accounts for'],
  proxy: ['proxy', 'the proxy, outside of any phase below'],
  'proxy.receive': ['proxy receive', 'the proxy reads the request'],
  'proxy.connect': ['proxy connect', 'the proxy connects to the app'],
  'proxy.wait': ['proxy wait', 'forwarded, and the app has not answered yet'],
  queue: ['queue', 'the proxy took the request, the app has not begun it'],
  gateway: ['gateway', 'the server process, outside of any phase below'],
  'gateway.accept': ['accept', 'the app takes a new connection'],
  handler: ['handler', 'the framework itself, between the phases below'],
  'middleware.request': ['middleware in', 'process_request: on the way in'],
  resolve: ['resolve', 'the path becomes a view and its arguments'],
  'middleware.view': ['middleware view', 'process_view: just before the view'],
  view: ['view', 'the view’s own code'],
  model: ['model', 'a model’s or repository’s own code'],
  db: ['database', 'a query, until its rows are read'],
  'db.pool': ['database pool', 'waiting for a connection to the database'],
  'middleware.template_response': ['middleware tmpl', 'process_template_response: before the template is rendered'],
  render: ['render', 'the template becomes text'],
  'middleware.response': ['middleware out', 'process_response: on the way out'],
  'middleware.exception': ['middleware error', 'process_exception, or an error handler'],
  respond: ['respond', 'the response is handed to the kernel'],
  'proxy.respond': ['proxy respond', 'the proxy passes the response on'],
  'client.receive': ['receive', 'the client reads the response'],
  other: ['other spans', 'spans that are no phase of a request'],
  gap: ['gap', 'time that no phase accounts for'],
}

function look(id: string): PhaseLook {
  const [label, meaning] = WORDS[id] as [string, string]
  return { id, label, meaning, className: `phase-${id.replaceAll(/[._]/g, '-')}` }
}

const LOOKS: ReadonlyMap<string, PhaseLook> = new Map(Object.keys(WORDS).map((id) => [id, look(id)]))

/** All phases, then `other` and `gap`, in the order of a request's life. */
export const PHASE_ORDER: readonly string[] = Object.keys(WORDS)

/** How a phase looks; what nobody knows looks like `other`. */
export function phaseLook(id: string | null): PhaseLook {
  return LOOKS.get(id ?? 'other') ?? (LOOKS.get('other') as PhaseLook)
}
