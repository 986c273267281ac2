import type { Span } from '../model/span.ts'
import type { Node } from './node.ts'

const UNKNOWN_SERVICE = 'unknown_service'

/** A client and its servers under one id: whose child is a span that names it? */
export class Halves {
  private readonly client: Node
  private readonly fallback: Node
  /** By service, and by service and host; of several the first server, the client last. */
  private readonly places = new Map<string, Node>()

  /** @param nodes first the client, if there is one, then its servers */
  constructor(nodes: readonly Node[]) {
    const [client, ...servers] = nodes as [Node, ...Node[]]
    this.client = client
    this.fallback = servers[0] ?? client
    for (const half of [client, ...servers.toReversed()]) {
      const { service, host } = (half.span as Span).resource
      this.places.set(service, half)
      this.places.set(`${service}\n${host}`, half)
    }
  }

  /**
   * The one on its host, of its service, else a server. A child that says its service, which is none of the servers', may well be the
   * client's, if that does not say its own.
   */
  parentOf({ resource: { service, host } }: Span): Node {
    const unsaid = this.client.span?.resource.service === UNKNOWN_SERVICE ? this.client : this.fallback
    return this.places.get(`${service}\n${host}`) ?? this.places.get(service) ?? unsaid
  }
}
