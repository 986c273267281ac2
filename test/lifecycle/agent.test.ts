import { context, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, onTestFinished, test } from 'vitest'
import { startAgent } from '../../src/agent/start.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import { HttpResponse, lifecycle, path, type GetResponse, type HttpRequest } from '../../src/lifecycle/index.ts'
import { incoming } from '../conformance/scenario.ts'

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
