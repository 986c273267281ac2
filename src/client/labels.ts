import { label, labels, type Label } from '../model/label.ts'

/** The methods of RFC 9110, PATCH and QUERY: other names are not a span's, they may be anything. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']

const CLIENT = new Map(METHODS.map((method) => [method, label('client', method, { 'http.request.method': method })]))
const OTHER = label('client', 'HTTP', { 'http.request.method': '_OTHER' })

/** The `client` label of a method; unknown methods share one, as the conventions want. */
export function clientLabel(method: string): Label {
  return CLIENT.get(method) ?? OTHER
}

/** Whether the method has to be given as `http.request.method_original`. */
export function isOther(method: string): boolean {
  return !CLIENT.has(method)
}

export const WAIT: Label = label('client.wait', 'wait for connection')
export const SEND: Label = label('client.send', 'send request')
export const TTFB: Label = label('client.ttfb', 'wait for response')
export const RECEIVE: Label = label('client.receive', 'receive response')

export const dnsLabel: (host: string) => Label = labels('dns', (host) => `DNS lookup ${host}`)
export const connectLabel: (address: string) => Label = labels('connect', (address) => `socket connect ${address}`)
export const tlsLabel: (host: string) => Label = labels('tls', (host) => `TLS client handshake ${host}`)
