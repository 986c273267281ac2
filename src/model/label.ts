import type { Attributes } from './attributes.ts'
import { PHASES, type PhaseId, type PhaseKind, type SpanKind } from './phases.ts'

/**
 * What is known of a phase before it happens: its kind, its low-cardinality name and its constant attributes.
 * Make one where a middleware, a route, a template is registered, and use it for every request: whoever turns phases into
 * spans keeps the encoded form on it, so a label costs its bytes once and not per request.
 */
export class Label {
  /** Null for a span that is no phase of ours (one made through the OpenTelemetry API). */
  readonly phase: PhaseKind | null
  /** The span's name: never a raw path, an id, a query. */
  readonly name: string
  readonly spanKind: SpanKind
  readonly attributes: Attributes
  /** A place for the observer's own use. */
  encoded: unknown = undefined
  /** Another: where its measurements go. */
  measured: unknown = undefined

  constructor(
    phase: PhaseKind | null,
    name: string,
    attributes: Attributes = {},
    spanKind: SpanKind = phase?.spanKind ?? 'INTERNAL',
  ) {
    this.phase = phase
    this.name = name
    this.attributes = attributes
    this.spanKind = spanKind
  }
}

/** A label of the phase with this id. */
export function label(phase: PhaseId, name: string, attributes?: Attributes): Label {
  return new Label(PHASES[phase], name, attributes)
}

/**
 * Labels made on the way, for names that are few but not known beforehand (`DNS lookup {host}`): remembers the newest
 * `limit` names, so that a hostile variety of names costs time, never memory.
 */
export function labels(phase: PhaseId, nameOf: (key: string) => string, limit = 500): (key: string) => Label {
  const known = new Map<string, Label>()
  return (key) => {
    let found = known.get(key)
    if (found === undefined) {
      if (known.size >= limit) known.delete(known.keys().next().value as string)
      known.set(key, (found = label(phase, nameOf(key))))
    }
    return found
  }
}
