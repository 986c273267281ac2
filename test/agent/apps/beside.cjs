// An Express app under OpenTelemetry's own SDK with its instrumentations of HTTP and Express; the SDK comes before us or after us.
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')

const exporter = new InMemorySpanExporter()
const spanProcessors = [new SimpleSpanProcessor({ exporter })]

function startTheirs() {
  const instrumentations = [
    new HttpInstrumentation({ disableOutgoingRequestInstrumentation: true }),
    new ExpressInstrumentation(),
  ]
  new NodeSDK({ spanProcessors, metricReaders: [], logRecordProcessors: [], instrumentations }).start()
  // Theirs is put there when somebody asks for it: their exporters do.
  require('node:http')
}

async function main() {
  const { start } = await import('../../../src/index.ts')
  const ours = { serverTiming: false, env: {} }
  if (process.argv[2] === 'before') {
    startTheirs()
    await start(ours)
  } else {
    await start({ ...ours, spanProcessors })
    startTheirs()
  }
  const app = require('express')()
  app.use(function session(_request, _response, next) {
    next()
  })
  app.use((_request, _response, next) => next())
  app.get('/books/:id', function book(request, response) {
    response.send(request.params.id)
  })
  const server = app.listen(0, '127.0.0.1', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    // No client of HTTP: whoever watches those would have spans of it, too.
    const socket = require('node:net').connect(server.address().port, '127.0.0.1')
    socket.end(`GET /books/7 HTTP/1.1\r\nHost: a\r\nConnection: close\r\ntraceparent: ${trace}\r\n\r\n`)
    socket.resume().on('close', () => server.close(said))
  })
}

function said() {
  const spans = exporter.getFinishedSpans()
  process.stdout.write(JSON.stringify(spans.map((span) => ({ ...span.spanContext(), ...of(span) }))))
}

const of = ({ name, kind, attributes, parentSpanContext }) => ({ name, kind, attributes, parent: parentSpanContext?.spanId })

void main()
