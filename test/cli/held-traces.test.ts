import { expect, test } from 'vitest'
import { HeldTraces } from '../../src/cli/held-traces.ts'
import { readFileOfSpans } from '../../src/formats/read.ts'
import { timelineJson } from '../../src/query/timeline-json.ts'
import { stitch } from '../../src/stitch/stitch.ts'

const WHOLE = '463ac35c9f6413ad48485a3953bb6124'
const call = { traceId: WHOLE, id: '2', kind: 'CLIENT', timestamp: 1_790_000_000_000_000, duration: 50 }
const documents = [
  [
    { ...call, localEndpoint: { serviceName: 'front', ipv6: '::1' }, debug: true },
    { ...call, traceId: '48485a3953bb6124', kind: 'SERVER', shared: true, timestamp: 1_790_000_000_000_009, duration: 9 },
  ],
  {
    traceID: WHOLE,
    spans: [
      {
        spanID: '3',
        processID: 'p',
        references: [
          { refType: 'FOLLOWS_FROM', spanID: '2' },
          { refType: 'CHILD_OF', traceID: 'c', spanID: '9' },
        ],
        startTime: 1_790_000_000_000_020,
        duration: 1,
        tags: [
          { key: 'large', type: 'int64', value: '9223372036854775807' },
          { key: 'small', type: 'float64', value: 1.5 },
          { key: 'blob', type: 'binary', value: 'AAE=' },
          { key: 'none', type: 'string', value: null },
        ],
        logs: [{ timestamp: 1_790_000_000_000_021, fields: [{ key: 'event', value: 'x' }] }],
      },
    ],
    processes: { p: { serviceName: 'back', tags: [{ key: 'hostname', value: 'web-1' }] } },
  },
]

function stitched(limit: number): unknown[] {
  const held = new HeldTraces(limit)
  for (const document of documents) held.add(readFileOfSpans('f', Buffer.from(JSON.stringify(document))).spans)
  expect(held.size).toBe(3)
  return [...held.take(held.ids())].map((spans) => timelineJson(stitch(spans)))
}

test('what was packed stitches to the same timeline, to the letter', () => {
  const loose = stitched(1_000)
  expect(loose).toHaveLength(1)
  expect(stitched(0)).toEqual(loose)
})
