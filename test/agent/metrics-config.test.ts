import { expect, test } from 'vitest'
import { readMetricsConfig } from '../../src/agent/metrics/metrics-config.ts'

/** What is on, and what was warned of. */
function read(env: Record<string, string>, wanted?: boolean): { otlp: boolean; prometheus: unknown; warnings: string[] } {
  const warnings: string[] = []
  const config = readMetricsConfig(env, wanted, (message) => warnings.push(message))
  return { otlp: config?.otlp !== undefined, prometheus: config?.prometheus, warnings }
}

const DEFAULT = { host: '127.0.0.1', port: 9464 }

test.each([
  ['', undefined, false, undefined],
  ['none', undefined, false, undefined],
  ['otlp', undefined, true, undefined],
  ['prometheus', undefined, false, DEFAULT],
  ['otlp, prometheus', undefined, true, DEFAULT],
  ['none', true, true, undefined],
  ['prometheus', true, true, DEFAULT],
  ['otlp,prometheus', false, false, undefined],
])('OTEL_METRICS_EXPORTER=%s, asked for: %s, is OTLP %s and /metrics at %j', (exporter, wanted, otlp, prometheus) => {
  expect(read({ OTEL_METRICS_EXPORTER: exporter }, wanted)).toEqual({ otlp, prometheus, warnings: [] })
})

test('the address is the one that OpenTelemetry’s variables say', () => {
  const env = { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_HOST: '::1', OTEL_EXPORTER_PROMETHEUS_PORT: '9100' }
  expect(read(env).prometheus).toEqual({ host: '::1', port: 9100 })
})

test.each([
  [{ OTEL_METRICS_EXPORTER: 'console' }, undefined, 'OTEL_METRICS_EXPORTER=console is not supported, none is used'],
  [{ OTEL_METRICS_EXPORTER: 'console,prometheus' }, DEFAULT, 'OTEL_METRICS_EXPORTER=console is not supported, it is left out'],
  [
    { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: '70000' },
    DEFAULT,
    'OTEL_EXPORTER_PROMETHEUS_PORT=70000 is no port, 9464 is used',
  ],
])('%j is told of in one line', (env, prometheus, warning) => {
  expect(read(env)).toEqual({ otlp: false, prometheus, warnings: [warning] })
})
