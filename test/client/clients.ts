import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import * as undici from 'undici'

interface Ask {
  method?: string
  body?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** A way to make requests, on a pool of its own with at most one connection per origin. */
export interface Client {
  /** Resolves at the head. */
  ask(url: string, ask?: Ask): Promise<{ status: number; text(): Promise<string> }>
  close(): Promise<void>
}

export type MakeClient = (options?: { lookup?: LookupFunction }) => Client

const undiciAgent = (lookup: LookupFunction | undefined): undici.Agent =>
  new undici.Agent({ connections: 1, connect: { rejectUnauthorized: false, ...(lookup && { lookup }) } })

const withFetch: MakeClient = ({ lookup } = {}) => {
  const dispatcher = undiciAgent(lookup)
  return {
    ask: (url, init) => undici.fetch(url, { ...init, dispatcher }),
    close: () => dispatcher.destroy(),
  }
}

const withUndici: MakeClient = ({ lookup } = {}) => {
  const dispatcher = undiciAgent(lookup)
  return {
    async ask(url, { method = 'GET', ...init } = {}) {
      const { statusCode, body } = await undici.request(url, { method, ...init, dispatcher })
      return { status: statusCode, text: () => body.text() }
    },
    close: () => dispatcher.destroy(),
  }
}

const withNode: MakeClient = ({ lookup } = {}) => {
  const options = { keepAlive: true, maxSockets: 1, ...(lookup && { lookup }) }
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent({ ...options, rejectUnauthorized: false }) }
  return {
    ask: (url, { body, ...init } = {}) =>
      new Promise((resolve, reject) => {
        const { protocol } = new URL(url) as URL & { protocol: 'http:' | 'https:' }
        const request = protocol === 'https:' ? httpsRequest : httpRequest
        request(url, { ...init, agent: agents[protocol] }, (response) =>
          resolve({ status: response.statusCode ?? 0, text: () => textOf(response) }),
        )
          .once('error', reject)
          .end(body)
      }),
    close: () => Promise.resolve(Object.values(agents).forEach((agent) => agent.destroy())),
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}

/** Every way that is watched; Node's own fetch, whose pool is the process's, has tests of its own. */
export const CLIENTS: Readonly<Record<string, MakeClient>> = {
  'fetch of undici': withFetch,
  'undici.request': withUndici,
  'node:http': withNode,
}
