import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connectionOf } from '../client/sockets.ts'
import { unwatched } from '../model/unwatched.ts'

type Create = (options: ClientRequestArgs, callback?: (error: Error | null, stream: Duplex) => void) => Duplex | null | undefined

/** The connections to the target. */
export interface Upstream {
  /** Keeps connections for the next request. */
  readonly kept: HttpAgent
  /** A new connection for each request: for upgrades, and for the second try after a kept one had gone stale. */
  readonly fresh: HttpAgent
  close(): void
}

/** @param secure whether the target speaks TLS @param verify whether its certificate has to be valid */
export function upstreamOf(secure: boolean, verify: boolean): Upstream {
  const make = (options: AgentOptions): HttpAgent =>
    observing(secure ? new HttpsAgent({ ...options, rejectUnauthorized: verify }) : new HttpAgent(options))
  const kept = make({ keepAlive: true, scheduling: 'lifo' })
  const fresh = make({ keepAlive: false })
  return { kept, fresh, close: () => [kept, fresh].forEach((agent) => agent.destroy()) }
}

/** Its sockets are listened to from their beginning; no `client` phases for them: the proxy tells its own. */
function observing(agent: HttpAgent): HttpAgent {
  const create: Create = agent.createConnection.bind(agent)
  const watching: Create = (options, callback) => {
    const socket = create(options, callback)
    if (socket) connectionOf(socket as Socket)
    return socket
  }
  agent.createConnection = watching
  return unwatched(agent)
}
