import { OWN } from '../model/attributes.ts'
import { isPhaseId, type PhaseId } from '../model/phases.ts'
import type { Span, ValueMap } from '../model/span.ts'

/**
 * The phase of a span: its own, or what the OpenTelemetry semantic conventions (1.45, and their predecessors) and the names of
 * well-known instrumentations say of it. A message published is a call, a message processed is a request taken.
 * @returns null if it is none of the table's
 */
export function phaseOf(span: Span): PhaseId | null {
  const { attributes } = span
  const own = attributes.get(OWN.phase)
  if (isPhaseId(own)) return own
  return connection(span) ?? database(span) ?? layer(attributes) ?? role(span) ?? render(span)
}

function hasAny(attributes: ValueMap, keys: readonly string[]): boolean {
  return keys.some((key) => attributes.has(key))
}

const NAMED: readonly (readonly [RegExp, PhaseId])[] = [
  [/^dns[ ._-]?(lookup|resolve)/i, 'dns'],
  [/^(tcp\.connect|ipc\.connect|socket connect|tcp connect)/i, 'connect'],
  [/^(tls\.connect|tls (client )?handshake)/i, 'tls'],
  [/^http wait_for_connection/i, 'client.wait'],
  [/^(pg-pool\.connect|db pool|.*\bgetConnection$)/i, 'db.pool'],
  [/^prisma:client:operation/, 'model'],
  [/^prisma:engine:(db_query|query$)/, 'db'],
  [/^prisma:engine:connection/, 'db.pool'],
]

function connection({ attributes, name }: Span): PhaseId | null {
  if (attributes.has('dns.question.name')) return 'dns'
  for (const [pattern, phase] of NAMED) if (pattern.test(name)) return phase
  return null
}

const DATABASE = ['db.system.name', 'db.system', 'db.query.text', 'db.statement', 'db.operation.name', 'db.type', 'sql.query']

function database({ kind, attributes }: Span): PhaseId | null {
  return kind !== 'SERVER' && hasAny(attributes, DATABASE) ? 'db' : null
}

const LAYERS: Readonly<Record<string, PhaseId>> = {
  middleware: 'middleware.request',
  router: 'resolve',
  request_handler: 'view',
  'request handler': 'view',
  request_context: 'handler',
  handler: 'view',
}

/** What the instrumentations of Express, Koa, Fastify, Connect, Hapi and Nest call their layers. */
function layer(attributes: ValueMap): PhaseId | null {
  for (const key of ['express.type', 'koa.type', 'fastify.type', 'connect.type', 'hapi.type', 'nestjs.type']) {
    const type = attributes.get(key)
    if (typeof type === 'string' && Object.hasOwn(LAYERS, type)) return LAYERS[type] as PhaseId
  }
  return null
}

const PROXY = /^(nginx|envoy|haproxy|traefik|istio|kong|apache|caddy)/i

function role({ kind, resource, scope, attributes }: Span): PhaseId | null {
  if (kind === 'CLIENT' || kind === 'PRODUCER') return 'client'
  if (kind === 'INTERNAL') return null
  const proxy = PROXY.test(scope.name) || PROXY.test(resource.service) || attributes.get('component') === 'proxy'
  return proxy ? 'proxy' : 'gateway'
}

const TEMPLATE = ['template.name', 'template.engine', 'jinja2.template_name', 'view.name']

function render({ name, attributes }: Span): PhaseId | null {
  return hasAny(attributes, TEMPLATE) || /^(render|jinja2\.render|template[ ._]render)(\b|_)/i.test(name) ? 'render' : null
}
