import { context, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, onTestFinished, test } from 'vitest'
import { startAgent } from '../../src/agent/start.ts'
import { label } from '../../src/model/label.ts'
import { observer, phase } from '../../src/model/observer.ts'
import { HttpResponse, lifecycle, path, type GetResponse, type HttpRequest } from '../../src/lifecycle/index.ts'
import { incoming } from '../conformance/scenario.ts'

test('under the agent the debug page shows all phases of the request so far, queries and what surrounds the handler too', async () => {
  const agent = await startAgent({ env: {}, spanProcessors: [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })] })
  onTestFinished(async () => {
    await agent?.shutdown(100)
    trace.disable()
    context.disable()
  })
  const app = lifecycle({
    debug: true,
    log: () => {},
    urls: [
      path('', function page() {
        phase(label('model', 'Book.get'), () => phase(label('db', 'SELECT book'), () => undefined))
        throw new TypeError('no book')
      }),
    ],
  })
  const gateway = observer.open(label('gateway', 'GET'))
  const response = await observer.run(gateway, async () => app.handle(app.request(incoming({ path: '/' }))), undefined)
  gateway.end()
  const rows = response.text.matchAll(/<td style="padding-left:(\d)em">([^<]*)<\/td><td>[\d.]+ ms<\/td><td>([^<]*)/g)
  expect([...rows].map(([, depth, name, outcome]) => [Number(depth), name, outcome])).toEqual([
    [0, 'GET', ''],
    [1, 'handler', ''],
    [2, 'resolve', ''],
    [2, 'view page', 'TypeError'],
    [3, 'Book.get', ''],
    [4, 'SELECT book', ''],
    [2, 'handler500', ''],
  ])
})

test('under the agent spans of the OpenTelemetry API are part of the hook, view or part that makes them', async () => {
  const exporter = new InMemorySpanExporter()
  const agent = await startAgent({ env: {}, spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  onTestFinished(async () => {
    await agent?.shutdown(100)
    trace.disable()
    context.disable()
  })
  const tracer = trace.getTracer('test')
  const query = (name: string): void => tracer.startSpan(name).end()
  const around = (getResponse: GetResponse): GetResponse =>
    async function Around(request: HttpRequest) {
      query('before')
      const response = await getResponse(request)
      await Promise.resolve()
      query('after')
      return response
    }
  const view = async function page(): Promise<HttpResponse> {
    await Promise.resolve()
    query('inside')
    return new HttpResponse('')
  }
  const app = lifecycle({ middleware: [around], urls: [path('', view)] })
  const gateway = observer.open(label('gateway', 'GET'))
  await observer.run(gateway, async () => app.handle(app.request(incoming({ path: '/' }))), undefined)
  gateway.end()
  await agent?.flush()
  const spans = exporter.getFinishedSpans()
  const parentOf = (name: string): string | undefined => {
    const span = spans.find((one) => one.name === name)
    return spans.find((one) => one.spanContext().spanId === span?.parentSpanContext?.spanId)?.name
  }
  expect(['before', 'inside', 'after'].map(parentOf)).toEqual(['Around process_request', 'view page', 'Around process_response'])
})
