import { expect, test } from 'vitest'
import { readConfig, type Config } from '../../src/agent/config.ts'
import { label } from '../../src/model/label.ts'
import { resourceAttributes } from '../../src/agent/resource.ts'

function read(env: Record<string, string>): Config & { warnings: string[] } {
  const warnings: string[] = []
  return { ...readConfig(env, (message) => warnings.push(message)), warnings }
}

test('without variables OpenTelemetry’s defaults hold', () => {
  expect(read({})).toMatchObject({
    disabled: false,
    exporter: 'otlp',
    endpoint: new URL('http://localhost:4318/v1/traces'),
    timeout: 10_000,
    delay: 5_000,
    gzip: false,
    propagated: { tracecontext: true, baggage: true },
    limits: { attributes: 128, valueLength: Infinity, events: 128, links: 128 },
    warnings: [],
  })
})

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a.example/otlp/' }, 'https://a.example/otlp/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' }, 'http://b/x'],
])('the endpoint of %j is %s', (env, url) => {
  expect(read(env).endpoint.href).toBe(url)
})

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' }, /nonsense is no http\(s\) URL/],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /grpc is not supported, http\/protobuf is used/],
  [{ OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' }, /OTEL_EXPORTER_OTLP_TIMEOUT=soon is no number, 10000 is used/],
  [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' }, /zstd is not supported/],
  [{ OTEL_TRACES_SAMPLER: 'dice' }, /OTEL_TRACES_SAMPLER=dice is not supported/],
  [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /OTEL_TRACES_SAMPLER_ARG=2 is no number from 0 to 1/],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /zipkin is not supported, otlp is used/],
  [{ OTEL_PROPAGATORS: 'b3,baggage' }, /b3, which is not supported/],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'a=1,=2' }, /OTEL_RESOURCE_ATTRIBUTES has an entry/],
])('%j is told of once, and the default is used', (env, message) => {
  const { warnings, endpoint, sampler } = read(env)
  expect(warnings).toEqual([expect.stringMatching(message)])
  expect(endpoint.href).toBe('http://localhost:4318/v1/traces')
  expect(sampler(undefined, 1, 2, 3, 4, ROUTE)).toBe(true)
})

test('a header that is wrong is not repeated in the warning: it may be a secret', () => {
  expect(read({ OTEL_EXPORTER_OTLP_HEADERS: 'hunter2' }).warnings.join()).not.toContain('hunter2')
})

const ROUTE = label('gateway', 'GET')
const remote = (sampled: boolean) => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled })

test.each([
  ['always_on', [true, true, true]],
  ['always_off', [false, false, false]],
  ['parentbased_always_on', [true, true, false]],
  ['parentbased_always_off', [false, true, false]],
])('%s samples roots, children of sampled and of unsampled: %j', (name, decisions) => {
  const { sampler } = read({ OTEL_TRACES_SAMPLER: name })
  expect([undefined, remote(true), remote(false)].map((parent) => sampler(parent, 1, 2, 3, 4, ROUTE))).toEqual(decisions)
})

test('traceidratio decides by the trace id, the same every time, for about the share asked for', () => {
  const { sampler } = read({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' })
  const ids = Array.from({ length: 10_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 0)
  expect(ids.filter((id) => sampler(undefined, id, 0, 0, 0, ROUTE)).length / 10_000).toBeCloseTo(0.25, 1)
  expect(sampler(remote(true), 0xffffffff, 0, 0, 0, ROUTE)).toBe(true)
})

test('the resource says who sends: the environment first, then the package, then unknown', () => {
  const own = { serviceName: 'shop', resourceAttributes: { 'deployment.environment.name': 'prod', 'service.name': 'other' } }
  expect(resourceAttributes(own)).toMatchObject({
    'service.name': 'shop',
    'deployment.environment.name': 'prod',
    'process.pid': process.pid,
    'telemetry.sdk.language': 'nodejs',
  })
  expect(resourceAttributes({ ...own, serviceName: undefined })['service.name']).toBe('other')
})
