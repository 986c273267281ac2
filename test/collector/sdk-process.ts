// An application under OpenTelemetry's own SDK, set up by OTEL_* variables alone: records two spans, sends them, says the trace's id.
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'

const sdk = new NodeSDK()
sdk.start()
const tracer = trace.getTracer('test', '1.2.3')
const parent = tracer.startSpan('GET /books', { attributes: { 'http.route': '/books', numbers: [1.5, 2], ok: true } })
const child = tracer.startSpan('work', {}, trace.setSpan(context.active(), parent))
child.addEvent('half', { percent: 50 })
child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
child.end()
parent.end()
await sdk.shutdown()
process.stdout.write(parent.spanContext().traceId)
