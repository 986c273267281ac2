import { execFile } from 'node:child_process'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const register = join(import.meta.dirname, '../../src/register.ts')

/** A process with the agent, which has baggage in its context, calls a server in both ways. @returns what came with the calls */
async function headersOf(propagators: string): Promise<IncomingHttpHeaders[]> {
  const heads: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    heads.push(request.headers)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const app = `
    import { get } from 'node:http'
    import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
    const baggage = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ user: { value: '7' } }))
    await context.with(baggage, () => trace.getTracer('app').startActiveSpan('work', async () => {
      await (await fetch('${url}')).text()
      await new Promise((resolve) => get('${url}', (response) => response.resume().on('end', resolve)))
    }))`
  const env = { ...process.env, OTEL_PROPAGATORS: propagators, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  await promisify(execFile)(process.execPath, ['--import', register, '--input-type=module', '-e', app], {
    env,
    cwd: import.meta.dirname,
  })
  server.close()
  return heads
}

const carried = (heads: IncomingHttpHeaders[]): boolean[][] =>
  heads.map(({ traceparent, baggage }) => [traceparent !== undefined, baggage !== undefined])

test.each([
  ['tracecontext,baggage', [true, true]],
  ['tracecontext', [true, false]],
  ['baggage', [false, true]],
  ['none', [false, false]],
])('with OTEL_PROPAGATORS=%s that is what our clients send', async (propagators, expected) => {
  expect(carried(await headersOf(propagators))).toEqual([expected, expected])
})
