import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { flush, start } from '../index.ts'
import { Label } from '../model/label.ts'
import { observer } from '../model/observer.ts'
import type { Span } from '../model/span.ts'
import type { Timeline } from '../model/timeline.ts'
import { unwatched } from '../model/unwatched.ts'
import { decodeTraces } from '../otlp/decode.ts'
import { stitch } from '../stitch/stitch.ts'

/** What came of a call, and where its time went. */
export interface Captured<Result> {
  readonly result: Result
  /** Everything the call led to in this process, under one span named `test`. */
  readonly timeline: Timeline
}

/** Looks again after so long, ms; a response's last span ends a moment after its client has read it. */
const LOOK_MS = 20
/** Gives up waiting for spans that never end, ms. */
const LONGEST_MS = 2_000

const TEST = new Label(null, 'test')
const received = new Map<string, Span[]>()
let receiver: Promise<Server> | undefined

/**
 * Runs something, usually a request to the app under test, and gives its whole timeline. Starts tracing at the first call; the
 * app must be in this process, and be imported after `phaseline/testing`, or wrapped. Captures may run side by side.
 * @throws what `work` throws; an `Error` if nothing was recorded
 */
export async function capture<Result>(work: () => Result | Promise<Result>): Promise<Captured<Result>> {
  await (receiver ??= listen())
  const test = observer.open(TEST)
  let result: Result
  try {
    result = await observer.run(test, work, undefined)
  } finally {
    test.end()
  }
  const spans = await settled(test.traceId)
  received.delete(test.traceId)
  if (spans.length === 0) throw new Error('nothing was recorded: is OTEL_SDK_DISABLED or a sampler set?')
  return { result, timeline: stitch(spans) }
}

/** Waits until two looks in a row bring nothing new and nobody's parent is missing. */
async function settled(traceId: string): Promise<Span[]> {
  let known = -1
  for (const until = Date.now() + LONGEST_MS; Date.now() < until;) {
    await flush()
    const spans = received.get(traceId) ?? []
    if (spans.length > 0 && spans.length === known && whole(spans)) return spans
    known = spans.length
    await pause(LOOK_MS)
  }
  return received.get(traceId) ?? []
}

function whole(spans: readonly Span[]): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  return spans.every(({ parentSpanId }) => parentSpanId === null || ids.has(parentSpanId))
}

/** Our own spans come the way that everybody's go: over OTLP, to a server that only this process knows. */
async function listen(): Promise<Server> {
  const server = unwatched(
    createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        for (const span of decodeTraces(Buffer.concat(chunks), 'protobuf').spans) keep(span)
        response.setHeader('content-type', 'application/x-protobuf').end()
      })
    }),
  )
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await start({ endpoint, env: { ...process.env, OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' } })
  return server
}

function keep(span: Span): void {
  const trace = received.get(span.traceId)
  if (trace === undefined) received.set(span.traceId, [span])
  else trace.push(span)
}
