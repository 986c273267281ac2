import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { lifecycle, type App, type Listening, type LogRecord, type Settings } from '../../src/lifecycle/index.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Asking {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

/** An application that listens until the test is over. */
export interface Served extends Listening {
  readonly app: App
  readonly log: LogRecord[]
  /** One request by node:http, which sends targets and hosts as they are. */
  readonly get: (target: string, asking?: Asking) => Promise<Answer>
  /** Bytes as they are; resolves with all that came back when the server closes. */
  readonly raw: (text: string) => Promise<string>
}

export const SECRET = 'a secret key for tests, and long enough'

export async function served(settings: Settings): Promise<Served> {
  const log: LogRecord[] = []
  const app = lifecycle({ secretKey: SECRET, log: (record) => void log.push(record), ...settings })
  const listening = await app.listen(0)
  onTestFinished(() => {
    listening.server.closeAllConnections()
    return app.close()
  })
  return {
    ...listening,
    app,
    log,
    get: (target, asking) => ask(listening.port, target, asking),
    raw: (text) => rawly(listening.port, text),
  }
}

export function ask(port: number, target: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ port, host: '127.0.0.1', path: target, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode as number, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      )
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

function rawly(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (data: string) => (answer += data))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

/** The cookies that an answer sets, as a `Cookie` header. */
export function cookiesOf({ headers }: Answer): string {
  return (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ')
}
