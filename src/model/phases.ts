/**
 * The vocabulary of the whole product: every phase a request can go through, from the client's call to the last byte read.
 * Producers name their phases from this table; every reader understands nothing else.
 */

/** The OpenTelemetry span kinds, with the numbers of OTLP's `SpanKind`. */
export type SpanKind = 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER'
export const SPAN_KINDS: Readonly<Record<SpanKind, number>> = { INTERNAL: 1, SERVER: 2, CLIENT: 3, PRODUCER: 4, CONSUMER: 5 }

/** The id of a phase: what `phaseline.phase` says. */
export type PhaseId =
  | 'client'
  | 'client.wait'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'client.send'
  | 'client.ttfb'
  | 'proxy'
  | 'proxy.receive'
  | 'proxy.connect'
  | 'proxy.wait'
  | 'queue'
  | 'gateway'
  | 'gateway.accept'
  | 'handler'
  | 'middleware.request'
  | 'resolve'
  | 'middleware.view'
  | 'view'
  | 'model'
  | 'db'
  | 'db.pool'
  | 'middleware.template_response'
  | 'render'
  | 'middleware.response'
  | 'middleware.exception'
  | 'respond'
  | 'proxy.respond'
  | 'client.receive'

/** A kind of phase: a row of the table. */
export interface PhaseKind {
  /** What `phaseline.phase` says. */
  readonly id: PhaseId
  /** The first of the nineteen stages it belongs to: what `phaseline.stage` says. */
  readonly stage: number
  readonly spanKind: SpanKind
  /** From when to when, in words: shown to people. */
  readonly meaning: string
}

type Row = readonly [stage: number, kind: SpanKind, meaning: string]

const TABLE: Readonly<Record<PhaseId, Row>> = {
  client: [1, 'CLIENT', 'the call → the last byte read, or the error'],
  'client.wait': [1, 'INTERNAL', 'the call → a socket is assigned'],
  dns: [2, 'INTERNAL', 'the name lookup starts → answers'],
  connect: [3, 'INTERNAL', 'one TCP attempt'],
  tls: [4, 'INTERNAL', 'socket connected → secure'],
  'client.send': [4, 'INTERNAL', 'first byte of the head → last byte of the body written'],
  'client.ttfb': [4, 'INTERNAL', 'request sent → response head read'],
  proxy: [5, 'SERVER', 'the proxy, whole'],
  'proxy.receive': [5, 'INTERNAL', 'head read → request buffered'],
  'proxy.connect': [5, 'INTERNAL', 'one upstream connection'],
  'proxy.wait': [5, 'INTERNAL', 'request forwarded → upstream head'],
  queue: [5, 'INTERNAL', 'the proxy took the request → the app parsed it'],
  gateway: [6, 'SERVER', 'request head parsed → response finished, its stream begun or connection closed'],
  'gateway.accept': [
    6,
    'INTERNAL',
    'a new connection: socket accepted, TLS handshake, its first head read; not what it waited for the client',
  ],
  handler: [7, 'INTERNAL', 'the framework’s handler, whole'],
  'middleware.request': [8, 'INTERNAL', 'process_request; Express: called → next() or an answer'],
  resolve: [9, 'INTERNAL', 'path → view and arguments'],
  'middleware.view': [10, 'INTERNAL', 'process_view; Express: route-level middleware'],
  view: [11, 'INTERNAL', 'the view, until what it returned has settled'],
  model: [12, 'INTERNAL', 'a model or repository method'],
  db: [13, 'CLIENT', 'query sent → rows read'],
  'db.pool': [13, 'INTERNAL', 'a connection asked for → given'],
  'middleware.template_response': [14, 'INTERNAL', 'process_template_response'],
  render: [14, 'INTERNAL', 'template render and post-render steps'],
  'middleware.response': [15, 'INTERNAL', 'process_response; Express: inside the writeHead, write or end it wrapped'],
  'middleware.exception': [15, 'INTERNAL', 'process_exception; Express: an error handler'],
  respond: [16, 'INTERNAL', 'head written → last byte handed to the kernel'],
  'proxy.respond': [18, 'INTERNAL', 'upstream head → last byte sent to the client'],
  'client.receive': [19, 'INTERNAL', 'head read → last byte read'],
}

/** Every phase, by id, in the order of a request's life. */
export const PHASES: Readonly<Record<PhaseId, PhaseKind>> = Object.freeze(
  Object.fromEntries(
    Object.entries(TABLE).map(([id, [stage, spanKind, meaning]]) => [id, Object.freeze({ id, stage, spanKind, meaning })]),
  ) as Record<PhaseId, PhaseKind>,
)

/** The ids in the order of a request's life. */
export const PHASE_IDS: readonly PhaseId[] = Object.freeze(Object.keys(TABLE) as PhaseId[])

/** Whether a text, say an attribute of somebody else's span, is a phase id. */
export function isPhaseId(text: unknown): text is PhaseId {
  return typeof text === 'string' && Object.hasOwn(TABLE, text)
}
