import type { IncomingMessage } from 'node:http'
import { OWN, SharedAttributes, type AttributeValue } from '../model/attributes.ts'
import type { Phase } from '../model/observer.ts'
import { utilization } from './event-loop.ts'
import { redactQuery } from '../model/redact.ts'

/** What is known of a request when its head has been parsed. */
export type Head = Pick<IncomingMessage, 'headers' | 'method' | 'url' | 'httpVersion' | 'socket'>

/** What is the same for the requests of one connection, mostly. */
interface Sender {
  readonly authority: string | undefined
  readonly agent: string | undefined
  readonly version: string
  readonly attributes: SharedAttributes
}

/** Of a connection: who sent the last request on it. */
const SENDER = Symbol('phaseline.sender')

interface Connection {
  [SENDER]?: Sender | undefined
  readonly encrypted?: boolean
  readonly remoteAddress?: string | undefined
}

/** Gives the phase what the semantic conventions (1.45) say of a server's request, as far as its head tells. */
export function describe(phase: Phase, request: Head, at: number): void {
  const { url = '/' } = request
  const query = url.indexOf('?')
  const { attributes } = senderOf(request)
  if (phase.share === undefined) each(phase, attributes)
  else phase.share(attributes)
  phase.set('url.path', query < 0 ? url : url.slice(0, query))
  if (query >= 0 && query < url.length - 1) phase.set('url.query', redactQuery(url.slice(query + 1)))
  phase.set(OWN.eventLoopUtilization, utilization(at))
}

/** The app answers: on the server's side 4xx is no error, 5xx is. */
export function answeredWith(phase: Phase, status: number): void {
  phase.set('http.response.status_code', status)
  if (status >= 500) phase.fail(String(status))
}

function each(phase: Phase, { attributes }: SharedAttributes): void {
  for (const key in attributes) phase.set(key, attributes[key] as AttributeValue)
}

function senderOf({ headers, socket, httpVersion }: Head): Sender {
  const connection: Connection = socket
  const authority = headers.host ?? (headers[':authority'] as string | undefined)
  const agent = headers['user-agent']
  const last = connection[SENDER]
  if (last !== undefined && last.authority === authority && last.agent === agent && last.version === httpVersion) return last
  return (connection[SENDER] = {
    authority,
    agent,
    version: httpVersion,
    attributes: known(connection, authority, agent, httpVersion),
  })
}

/** What was said of earlier connections: clients open many, each with the same few things to say. */
const said = new Map<string, SharedAttributes>()
const MOST = 1_000
const LONGEST = 1_000

function known(
  connection: Connection,
  authority: string | undefined,
  agent: string | undefined,
  version: string,
): SharedAttributes {
  const { encrypted = false, remoteAddress } = connection
  // No header has a line break in it, so no two of these keys can be the same.
  const key = `${encrypted}\n${remoteAddress}\n${version}\n${authority === undefined ? '' : `=${authority}`}\n${agent === undefined ? '' : `=${agent}`}`
  let found = said.get(key)
  if (found === undefined) {
    const made = new SharedAttributes(attributesOf(encrypted, remoteAddress, version, authority, agent))
    if (key.length > LONGEST) return made
    if (said.size >= MOST) said.delete(said.keys().next().value as string)
    said.set(key, (found = made))
  }
  return found
}

function attributesOf(
  encrypted: boolean,
  remoteAddress: string | undefined,
  version: string,
  authority: string | undefined,
  agent: string | undefined,
): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = { 'url.scheme': encrypted ? 'https' : 'http' }
  if (authority !== undefined) {
    const match = /^(.*?)(?::(\d{1,5}))?$/.exec(authority)
    attributes['server.address'] = match?.[1] ?? authority
    if (match?.[2] !== undefined) attributes['server.port'] = Number(match[2])
  }
  if (remoteAddress !== undefined) attributes['client.address'] = remoteAddress
  if (agent !== undefined) attributes['user_agent.original'] = agent
  attributes['network.protocol.version'] = version === '2.0' ? '2' : version
  return attributes
}
