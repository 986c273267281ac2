import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { collect, type CollectOptions, type Collector } from '../../src/collector/index.ts'
import type { Summary } from '../../src/model/summary.ts'
import type { Span } from '../../src/model/span.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'

/** A new empty folder, removed after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'phaseline-collector-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A collector on a port of its own that is closed after the test; in memory unless `data` is given. */
export async function running(options: CollectOptions = {}): Promise<Collector> {
  const collector = await collect({ otlpPort: 0, patience: { rooted: 1, rootless: 1, most: 1 }, warn: () => {}, ...options })
  onTestFinished(() => collector.close())
  return collector
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
}

/** One request, with exactly these headers beside the length. */
export function send(
  port: number,
  body: Uint8Array | string,
  options: { method?: string; path?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { method = 'POST', path = '/v1/traces', headers = { 'content-type': 'application/x-protobuf' } } = options
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: { ...(headers['transfer-encoding'] === undefined && { 'content-length': Buffer.byteLength(body) }), ...headers },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Sends spans as protobuf. @returns the status */
export async function sendSpans(collector: Collector, spans: readonly Span[]): Promise<number> {
  return (await send(collector.otlpPort, encodeSpans(spans))).status
}

/** The next timeline that is stored, or the first that fits. */
export function nextTimeline(collector: Collector, fits: (summary: Summary) => boolean = () => true): Promise<Summary> {
  return new Promise((resolve) => {
    const stop = collector.on('timeline', (summary) => {
      if (!fits(summary)) return
      stop()
      resolve(summary)
    })
  })
}
