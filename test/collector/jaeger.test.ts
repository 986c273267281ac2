import { expect, onTestFinished, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import { spansOf, traceId } from '../store/traces.ts'
import { missing } from '../tools.ts'
import { freePort } from '../free-port.ts'
import { startJaeger, until } from './jaeger.ts'
import { folder, running, sendSpans } from './running.ts'

/** The parts of Jaeger's answer that are compared. */
interface JaegerSpan {
  readonly spanID: string
  readonly operationName: string
  readonly references: { refType: string; spanID: string }[]
  readonly startTime: number
  readonly duration: number
  readonly processID: string
  readonly tags: { key: string; value: unknown }[]
}

interface JaegerTrace {
  readonly spans: JaegerSpan[]
  readonly processes: Record<string, { serviceName: string }>
}

const microseconds = (ns: bigint): number => Number(ns / 1_000n)

/** What Jaeger should say of a span. */
function expected(span: Span): object {
  return {
    id: span.spanId,
    name: span.name,
    parent: span.parentSpanId,
    service: span.resource.service,
    start: microseconds(span.start),
    duration: microseconds(span.end - span.start),
    phase: span.attributes.get('phaseline.phase'),
  }
}

function said(trace: JaegerTrace, span: JaegerSpan): object {
  return {
    id: span.spanID,
    name: span.operationName,
    parent: span.references.find((reference) => reference.refType === 'CHILD_OF')?.spanID ?? null,
    service: trace.processes[span.processID]?.serviceName,
    start: span.startTime,
    duration: span.duration,
    phase: span.tags.find((tag) => tag.key === 'phaseline.phase')?.value,
  }
}

test.skipIf(missing('jaeger'))(
  'a real Jaeger gets every span that we receive, with the same parents, times and phases',
  { timeout: 60_000 },
  async () => {
    const jaeger = await startJaeger(folder(), 'memory')
    onTestFinished(() => jaeger.stop())
    const collector = await running({ forward: [{ url: jaeger.otlp }] })
    const spans = spansOf(
      0xabc,
      [
        { attributes: { 'phaseline.phase': 'gateway', 'http.route': '/books/:id' } },
        { name: 'view book', from: 1.5, to: 90.25, attributes: { 'phaseline.phase': 'view' } },
        {
          name: 'SELECT book',
          parent: 2,
          kind: 'CLIENT',
          service: 'db',
          from: 2,
          to: 3,
          attributes: { 'phaseline.phase': 'db' },
          failed: true,
        },
      ],
      BigInt(Date.now()) * 1_000_000n,
    )
    await sendSpans(collector, spans)
    await collector.flush()
    expect(collector.stats().forwarding).toMatchObject([{ sent: 3, dropped: 0 }])
    let trace: JaegerTrace | undefined
    await until(async () => {
      const { data } = (await (await fetch(`${jaeger.api}/api/traces/${traceId(0xabc)}`)).json()) as {
        data: JaegerTrace[] | null
      }
      trace = data?.[0]
      return trace?.spans.length === 3
    })
    const byId = (one: object, other: object): number => (one as { id: string }).id.localeCompare((other as { id: string }).id)
    const found = trace as JaegerTrace
    expect(found.spans.map((span) => said(found, span)).sort(byId)).toEqual(spans.map(expected).sort(byId))
    const own = await collector.store.timeline(traceId(0xabc))
    expect(own?.spans.map((span) => span.spanId).sort()).toEqual(found.spans.map((span) => span.spanID).sort())
  },
)

test.skipIf(missing('jaeger'))(
  'a real Jaeger that is away while we receive and end gets the spans from the next collector, with corrected times where asked for',
  { timeout: 60_000 },
  async () => {
    const data = folder()
    const start = BigInt(Date.now()) * 1_000_000n
    const spans = spansOf(
      0xdef,
      [
        { kind: 'CLIENT', service: 'a', from: 0, to: 100 },
        { kind: 'SERVER', service: 'b', from: 5_010, to: 5_060 },
      ],
      start,
    )
    const port = await freePort()
    const forward = [{ url: `http://127.0.0.1:${port}`, corrected: true }]
    const first = await running({ data, forward })
    await sendSpans(first, spans)
    await first.close()
    expect(first.stats().forwarding).toMatchObject([{ sent: 0, queued: 2, dropped: 0 }])
    const jaeger = await startJaeger(folder(), 'memory', undefined, port)
    onTestFinished(() => jaeger.stop())
    const second = await running({ data, forward })
    await second.flush()
    expect(second.stats().forwarding).toMatchObject([{ sent: 2, queued: 0, dropped: 0 }])
    let found: JaegerTrace | undefined
    await until(async () => {
      const { data: traces } = (await (await fetch(`${jaeger.api}/api/traces/${traceId(0xdef)}`)).json()) as {
        data: JaegerTrace[]
      }
      found = traces[0]
      return found?.spans.length === 2
    })
    const timeline = await second.store.timeline(traceId(0xdef))
    for (const span of found?.spans ?? []) {
      const own = timeline?.spans.find(({ spanId }) => spanId === span.spanID)
      expect(span.startTime).toBe(Number((own?.start ?? 0n) / 1_000n))
      expect(span.startTime).toBeLessThan(Number(start / 1_000n) + 1_000_000)
    }
  },
)
