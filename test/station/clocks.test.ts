import { expect, onTestFinished, test } from 'vitest'
import { openStation } from '../../src/station/station.ts'
import type { Span } from '../../src/model/span.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import type { ListJson } from '../../src/query/wire/list.ts'
import type { StatusJson } from '../../src/query/wire/status.ts'
import type { TimelineJson } from '../../src/query/wire/timeline.ts'
import { send } from '../collector/running.ts'
import { spansOf, START, traceId } from '../store/traces.ts'

const MS = 1_000_000n

/** A call from the host `edge` to `app`, whose clock is 5 s ahead; it worked for so many ms of the call's 100. */
function called(number: number, worked: number): Span[] {
  const at = { from: 5_000, to: 5_000 + worked }
  const [client, server] = spansOf(number, [
    { kind: 'CLIENT', service: 'edge' },
    { kind: 'SERVER', service: 'app', ...at },
  ])
  return [client as Span, server as Span]
}

test('a corrected clock can be asked for: in the list, in the timeline with raw times, as a warning in Jaeger’s form, and in the status', async () => {
  const station = await openStation({ otlpPort: 0, port: 0, tell: false, warn: () => {} })
  onTestFinished(() => station.close())
  const get = async <Json>(path: string): Promise<Json> =>
    (await fetch(new URL(path, station.serving.url))).json() as Promise<Json>
  const right = spansOf(3, [{ kind: 'CLIENT', service: 'edge' }])
  for (const spans of [called(1, 98), called(2, 10), right]) {
    await send(station.collector.otlpPort, encodeSpans(spans))
    await station.collector.flush()
  }
  const { items } = await get<ListJson>('/api/timelines?skew=1')
  expect(items.map((item) => item.traceId)).toEqual([traceId(2), traceId(1)])
  const timeline = await get<TimelineJson>(`/api/timelines/${traceId(2)}`)
  // By itself it says 4,910…5,000 ms; the first one said 4,998…5,000 ms.
  const [low, high, offset] = [4_998n * MS, 5_000n * MS, 4_999n * MS]
  expect(timeline.clocks).toEqual([
    { host: 'app', offsetNs: `${offset}`, lowNs: `${low}`, highNs: `${high}`, pairs: 1, confidence: 'bounded' },
  ])
  const raw = START + 5_000n * MS
  const { start, rawStart, warnings } = timeline.spans[1] as TimelineJson['spans'][number]
  expect({ start, rawStart, warnings }).toEqual({ start: `${raw - offset}`, rawStart: `${raw}`, warnings: ['clock_skew'] })
  const jaeger = await get<{ data: { spans: { startTime: number; warnings: string[] | null }[] }[] }>(`/api/traces/${traceId(2)}`)
  const moved = jaeger.data[0]?.spans.filter((span) => span.warnings !== null)
  expect(moved).toMatchObject([{ startTime: Number(raw / 1_000n) }])
  expect((await get<StatusJson>('/api/status')).hosts).toMatchObject([
    { host: 'app', against: 'edge', offsetNs: `${offset}`, lowNs: `${low}`, highNs: `${high}`, pairs: 2 },
  ])
})
