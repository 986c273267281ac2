import type { Server } from 'node:http'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import { grpcServer } from './grpc.ts'
import { listen } from './listen.ts'
import { otlpServer, type Parts } from './receiver.ts'

/** Where spans come in: OTLP over HTTP, and over gRPC where a port for it is given. */
export class Doors {
  otlpPort = 0
  grpcPort: number | undefined
  private readonly http: Server
  private readonly grpc: Http2Server
  private readonly sessions = new Set<ServerHttp2Session>()

  constructor(parts: Parts) {
    this.http = otlpServer(parts)
    this.grpc = grpcServer(parts)
    this.grpc.on('session', (session) => {
      this.sessions.add(session)
      session.once('close', () => this.sessions.delete(session))
    })
  }

  /** @throws PhaselineError `port_taken`, `cannot_listen` */
  async open(host: string, otlpPort: number, grpcPort: number | undefined): Promise<void> {
    this.otlpPort = await listen(this.http, otlpPort, host, 'the OTLP receiver', '--otlp-port')
    if (grpcPort !== undefined) this.grpcPort = await listen(this.grpc, grpcPort, host, 'the OTLP/gRPC receiver', '--grpc-port')
  }

  /** Nobody new comes in; who is in may finish within a second. */
  async close(): Promise<void> {
    const hurry = setTimeout(() => {
      this.http.closeAllConnections()
      for (const session of this.sessions) session.destroy()
    }, 1_000)
    for (const session of this.sessions) session.close()
    await Promise.all([closed(this.http), closed(this.grpc)])
    clearTimeout(hurry)
  }
}

function closed(server: Server | Http2Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve())
    else resolve()
  })
}
