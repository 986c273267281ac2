// A collector with its page in a process of its own, for the benchmark: `node viewer-process.ts FOLDER SIZE COUNT` says where it is.
import { collect } from '../../src/collector/index.ts'
import type { Resource, Span, Value } from '../../src/model/span.ts'
import type { PhaseId } from '../../src/model/phases.ts'
import { serve } from '../../src/query/server.ts'

const [folder = '', size = '1000', count = '1'] = process.argv.slice(2)
const collector = await collect({ otlpPort: 0, data: folder })

const resource: Resource = {
  service: 'shop',
  host: 'shop-1',
  attributes: new Map([
    ['service.name', 'shop'],
    ['host.name', 'shop-1'],
  ]),
}
const scope = { name: 'phaseline', version: '1.0.0', attributes: new Map() }
const QUERIES = ['SELECT book', 'SELECT author', 'UPDATE stock', 'INSERT review']

/** How many children a span has, by its depth: a request, its views, their model calls, their queries. */
const CHILDREN = [Infinity, 20, 19]
const PHASES: readonly PhaseId[] = ['gateway', 'view', 'model', 'db']
const NAMES = ['GET /report', 'view chapter', 'Book.get', '']

function attributesOf(depth: number, number: number): Map<string, Value> {
  const phase: [string, Value][] = [
    ['phaseline.phase', PHASES[depth] as string],
    ['phaseline.stage', depth],
  ]
  if (depth === 0)
    return new Map([...phase, ['http.request.method', 'GET'], ['http.route', '/report'], ['http.response.status_code', 200]])
  if (depth < 3) return new Map([...phase, ['code.function.name', `report${depth}`], ['code.file.path', 'src/shop/report.ts']])
  const text = `${QUERIES[number % 4]} WHERE id = ?`
  return new Map([...phase, ['db.system.name', 'postgresql'], ['db.query.text', text], ['db.namespace', 'shop']])
}

/** A tree of so many spans, depth first, each child in a part of its parent's time. */
function traceOf(trace: number, spans: number): Span[] {
  const made: Span[] = []
  const begin = BigInt(Date.now() - 60_000) * 1_000_000n
  const open: { parent: string | null; depth: number; from: number; to: number }[] = [
    { parent: null, depth: 0, from: 0, to: spans * 10_000 },
  ]
  const views = Math.max(1, Math.ceil((spans - 1) / (1 + 20 * 20)))
  for (let next = open.pop(); next !== undefined && made.length < spans; next = open.pop()) {
    const { parent, depth, from, to } = next
    const spanId = (trace * 1_000_000 + made.length + 1).toString(16).padStart(16, '0')
    made.push({
      traceId: trace.toString(16).padStart(32, '0'),
      spanId,
      parentSpanId: parent,
      name: depth < 3 ? (NAMES[depth] as string) : (QUERIES[made.length % 4] as string),
      kind: depth === 0 ? 'SERVER' : depth === 3 ? 'CLIENT' : 'INTERNAL',
      start: begin + BigInt(Math.floor(from)),
      end: begin + BigInt(Math.floor(to)),
      status: 'unset',
      statusMessage: '',
      traceState: '',
      flags: 257,
      attributes: attributesOf(depth, made.length),
      events: [],
      links: [],
      resource,
      scope,
    })
    const inside = depth === 0 ? views : (CHILDREN[depth] ?? 0)
    const step = ((to - from) * 0.98) / Math.max(1, inside)
    for (let at = inside - 1; at >= 0; at--)
      open.push({ parent: spanId, depth: depth + 1, from: from + at * step + step * 0.02, to: from + (at + 0.95) * step })
  }
  return made
}

for (let trace = 1; trace <= Number(count); trace++) {
  collector.add(traceOf(trace, Number(size)))
  await collector.flush()
}
const serving = await serve({
  store: collector.store,
  live: { subscribe: (listener) => collector.on('timeline', listener) },
  stats: () => collector.stats(),
  port: 0,
})
process.stdout.write(`${serving.url}\n`)
process.once(
  'SIGTERM',
  () =>
    void serving
      .close()
      .then(() => collector.close())
      .then(() => process.exit(0)),
)
