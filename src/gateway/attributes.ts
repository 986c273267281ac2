import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { OWN } from '../model/attributes.ts'
import type { Phase } from '../model/observer.ts'
import { redactQuery } from '../model/redact.ts'
import { utilization } from './event-loop.ts'

interface Host {
  readonly address: string
  readonly port: number | undefined
}

const hosts = new Map<string, Host>()
const MOST_HOSTS = 500

/** Gives the phase what the semantic conventions (1.45) say of a server's request, as far as its head tells. */
export function describe(phase: Phase, request: IncomingMessage, at: number): void {
  const { headers, socket, url = '/' } = request
  const query = url.indexOf('?')
  phase.set('url.path', query < 0 ? url : url.slice(0, query))
  if (query >= 0 && query < url.length - 1) phase.set('url.query', redactQuery(url.slice(query + 1)))
  phase.set('url.scheme', (socket as Partial<TLSSocket>).encrypted ? 'https' : 'http')
  const authority = headers.host ?? (headers[':authority'] as string | undefined)
  if (authority !== undefined) {
    const { address, port } = hostOf(authority)
    phase.set('server.address', address)
    if (port !== undefined) phase.set('server.port', port)
  }
  const { remoteAddress } = socket
  if (remoteAddress !== undefined) phase.set('client.address', remoteAddress)
  const agent = headers['user-agent']
  if (agent !== undefined) phase.set('user_agent.original', agent)
  phase.set('network.protocol.version', request.httpVersion === '2.0' ? '2' : request.httpVersion)
  phase.set(OWN.eventLoopUtilization, utilization(at))
}

/** The parts of a Host header; the same few come with every request. */
function hostOf(header: string): Host {
  let host = hosts.get(header)
  if (host === undefined) {
    if (hosts.size >= MOST_HOSTS) hosts.clear()
    const match = /^(.*?)(?::(\d{1,5}))?$/.exec(header)
    const port = match?.[2]
    hosts.set(header, (host = { address: match?.[1] ?? header, port: port === undefined ? undefined : Number(port) }))
  }
  return host
}
