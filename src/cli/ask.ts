import { Agent as HttpAgent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { GetOptions } from './get-options.ts'

/** How a request ended: with a status, or with an error that kept it from one. */
export type Answer = { readonly status: number } | { readonly error: NodeJS.ErrnoException }

/** Makes the same request so many times, one after the other, on a connection that is kept. Never rejects; stops at the first error. */
export async function ask(options: GetOptions): Promise<Answer[]> {
  const secure = options.url.protocol === 'https:'
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: !options.insecure })
    : new HttpAgent({ keepAlive: true })
  const answers: Answer[] = []
  try {
    while (answers.length < options.repeat) {
      const answer = await once(options, secure ? httpsRequest : httpRequest, agent)
      answers.push(answer)
      if ('error' in answer) break
    }
    return answers
  } finally {
    agent.destroy()
  }
}

function once(options: GetOptions, request: typeof httpRequest, agent: HttpAgent): Promise<Answer> {
  const { url, method, body, timeout } = options
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve({ error })
    try {
      const headers = headersOf(options)
      const sent = request(url, { method, headers, agent, signal: AbortSignal.timeout(timeout) }, (response) => {
        // Read and not kept: only a body that was read to its end has an end.
        response
          .resume()
          .once('end', () => resolve({ status: response.statusCode ?? 0 }))
          .once('error', failed)
      })
      sent.once('error', failed).end(body)
    } catch (error) {
      failed(error as NodeJS.ErrnoException)
    }
  })
}

/** An object, not a list: to a list, neither `host` nor `traceparent` would be added. */
function headersOf({ headers, body }: GetOptions): OutgoingHttpHeaders {
  const made: Record<string, string | string[]> = { accept: '*/*', 'user-agent': 'phaseline' }
  if (body !== undefined) {
    made['content-type'] = 'application/x-www-form-urlencoded'
    made['content-length'] = String(Buffer.byteLength(body))
  }
  const given = Map.groupBy(headers, ([name]) => name.toLowerCase())
  for (const [name, lines] of given) made[name] = lines.length === 1 ? (lines[0]?.[1] as string) : lines.map(([, value]) => value)
  return made
}
