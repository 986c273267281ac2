import type { TimelineSpan } from '../model/timeline.ts'
import type { LaneJson } from './wire/outline.ts'

const CLIENT = new Set(['client', 'dns', 'connect', 'tls'])

/** Which lane of the picture a span belongs to: the client, a proxy, a database, or the app whose code it was. */
export function laneOf(span: TimelineSpan): LaneJson {
  const phase = span.phase ?? ''
  if (phase === 'db' || phase === 'db.pool') {
    const system = span.source?.attributes.get('db.system.name') ?? span.source?.attributes.get('db.system')
    return { kind: 'database', name: typeof system === 'string' ? system : span.service }
  }
  if (phase.startsWith('proxy')) return { kind: 'proxy', name: span.service }
  if (CLIENT.has(phase) || phase.startsWith('client.')) return { kind: 'client', name: span.service }
  return { kind: 'app', name: span.service }
}
