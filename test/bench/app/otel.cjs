// OpenTelemetry's http and express instrumentations, default batching (delay 1 s instead of 5, so that runs may be short), traces only.
process.env.OTEL_METRICS_EXPORTER = 'none'
process.env.OTEL_LOGS_EXPORTER = 'none'
process.env.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/protobuf'
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { BatchSpanProcessor } = require('@opentelemetry/sdk-trace')

const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 1000 })
const sdk = new NodeSDK({
  serviceName: 'bench',
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()],
  spanProcessors: [processor],
})
sdk.start()
globalThis.benchFlush = () => processor.forceFlush()
