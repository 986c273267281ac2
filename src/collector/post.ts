import { type Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { ForwardTarget } from './forward.ts'
import type { Letter } from './outbox.ts'
import { partialSuccess } from './partial-success.ts'

/** Answers that mean "later" (OTLP/HTTP, "Retryable Response Codes"). */
const RETRYABLE = new Set([429, 502, 503, 504])
/** So long nothing may happen, in ms. */
export const TIMEOUT = 10_000
/** So long a target may ask for, in ms. */
const LONGEST_ASKED = 600_000
/** Of an answer no more is read: what it says of partial success is shorter. */
const ANSWER = 64 * 1024

/** What became of a body that was sent. */
export interface Result {
  /** Whether the other side has it now, but for so many spans that it `rejected`. */
  readonly taken: boolean
  readonly rejected?: number
  /** Whether it is to be sent again. */
  readonly again: boolean
  readonly waitMs?: number
  readonly error: string | null
}

function endpoint(base: string, path: string): URL {
  const url = new URL(base)
  if (!url.pathname.endsWith(path)) url.pathname = url.pathname.replace(/\/v1\/traces$/, '').replace(/\/$/, '') + path
  return url
}

/** Sends a body. Never rejects. */
export function post(target: ForwardTarget, delivery: Letter['delivery'], agent: HttpAgent): Promise<Result> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve({ taken: false, again: true, error: error.message || String(error) })
    try {
      const url = endpoint(target.url, delivery.path)
      const headers = { ...target.headers, ...delivery.headers, 'content-length': delivery.received.length }
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest
      const request = send(url, { method: 'POST', agent, headers, timeout: TIMEOUT }, (response) => {
        const chunks: Buffer[] = []
        let size = 0
        const told = (): void => resolve(resultOf(response, Buffer.concat(chunks)))
        response.on('error', failed).on('end', told)
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          if ((size += chunk.length) <= ANSWER) return
          told()
          request.destroy()
        })
      })
      request.on('error', failed).on('timeout', () => request.destroy(new Error('no answer')))
      request.end(delivery.received)
    } catch (error) {
      resolve({ taken: false, again: false, error: (error as Error).message })
    }
  })
}

function resultOf(response: IncomingMessage, answer: Buffer): Result {
  const status = response.statusCode ?? 0
  if (status < 300) return { taken: true, again: false, ...rejection(response, answer) }
  const waitMs = waitOf(response.headers['retry-after'])
  const wait = waitMs === undefined ? {} : { waitMs }
  return { taken: false, again: RETRYABLE.has(status), error: `HTTP ${status}`, ...wait }
}

/** What the other side has not taken of what it took: that must not be sent again (OTLP/HTTP, "Partial Success"). */
function rejection(response: IncomingMessage, answer: Buffer): Pick<Result, 'rejected' | 'error'> {
  const { rejected, message } = partialSuccess(response.headers['content-type'], answer)
  return rejected === 0 ? { error: null } : { rejected, error: `${rejected} spans were rejected: ${message.slice(0, 300)}` }
}

/** Seconds, or a date (RFC 9110 §10.2.3). @returns ms from now; undefined where nothing usable is said */
function waitOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now()
  return ms > 0 ? Math.min(ms, LONGEST_ASKED) : undefined
}
