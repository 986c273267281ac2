import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { running } from './running.ts'

const run = promisify(execFile)

test.each([
  ['http/protobuf', 'none'],
  ['http/protobuf', 'gzip'],
  ['http/json', 'gzip'],
  ['grpc', 'none'],
  ['grpc', 'gzip'],
])('OpenTelemetry’s own SDK reaches us by %s, compression %s', async (protocol, compression) => {
  const collector = await running({ grpcPort: 0 })
  const port = protocol === 'grpc' ? collector.grpcPort : collector.otlpPort
  const env = {
    ...process.env,
    OTEL_SERVICE_NAME: 'shop',
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  }
  const { stdout: traceId } = await run(process.execPath, [join(import.meta.dirname, 'sdk-process.ts')], { env })
  await collector.flush()
  const timeline = await collector.store.timeline(traceId)
  expect(timeline?.spans.map(({ name, service, depth, error }) => ({ name, service, depth, error }))).toEqual([
    { name: 'GET /books', service: 'shop', depth: 0, error: false },
    { name: 'work', service: 'shop', depth: 1, error: true },
  ])
  const [parent, child] = timeline?.spans.map((span) => span.source) ?? []
  expect(Object.fromEntries(parent?.attributes ?? [])).toEqual({ 'http.route': '/books', numbers: [1.5, 2], ok: true })
  expect(child).toMatchObject({ status: 'error', statusMessage: 'no', scope: { name: 'test', version: '1.2.3' } })
  expect(child?.events).toMatchObject([{ name: 'half', attributes: new Map([['percent', 50]]) }])
})
