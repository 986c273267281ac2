import { expect, test } from 'vitest'
import { stitch } from '../../src/stitch/stitch.ts'
import { at, span, timelineOf } from './spans.ts'

const NOW = 1_790_000_000_000_000_000

test('where times are relative, a span without any stands at its parent’s start, and says nothing of clocks', () => {
  const timeline = timelineOf({
    root: { at: [5, 100] },
    call: { parent: 'root', at: [10, 60], kind: 'CLIENT', host: 'a' },
    served: { parent: 'call', at: [0, 0], kind: 'SERVER', host: 'b' },
  })
  expect(at(timeline, 'served')).toMatchObject({ start: 10n, end: 10n, warnings: ['zero_start'] })
})

test('where times are relative, a start of zero with an end is one', () => {
  expect(timelineOf({ root: { at: [0, 50] } })).toMatchObject({ start: 0n, durationNs: 50n })
})

test('a root without times whose children have none either reaches over all that do', () => {
  const timeline = timelineOf({
    root: { at: [0, 0] },
    a: { parent: 'root', at: [0, 0] },
    b: { parent: 'a', at: [NOW, NOW + 4096] },
  })
  expect(timeline).toMatchObject({ root: 'root', start: BigInt(NOW), durationNs: 4096n })
})

test('a start of zero and a duration are no moment of 1970 where the other times are today’s: it took so long from its parent’s start', () => {
  const timeline = timelineOf({
    root: { at: [NOW, NOW + 4096] },
    a: { parent: 'root', at: [0, 2048] },
    b: { parent: 'a', at: [0, 1024] },
  })
  expect(at(timeline, 'a')).toMatchObject({
    start: BigInt(NOW),
    end: BigInt(NOW + 2048),
    rawEnd: 2048n,
    warnings: ['zero_start'],
  })
  expect(at(timeline, 'b')).toMatchObject({ start: BigInt(NOW), end: BigInt(NOW + 1024) })
  expect(timeline.durationNs).toBe(4096n)
})

test('a root of which only the duration is known begins with its first child', () => {
  const timeline = timelineOf({ root: { at: [0, 8192] }, a: { parent: 'root', at: [NOW, NOW + 4096] } })
  expect(timeline).toMatchObject({ start: BigInt(NOW), durationNs: 8192n })
})

test('a span of a trace whose other times are today’s may be of 1970’s second day', () => {
  const day = 86_400_000_000_000
  const timeline = stitch([span('a', { at: [2 * day, 2 * day + 4096] }), span('b', { parent: 'a', at: [NOW, NOW] })])
  expect(timeline.start).toBe(BigInt(2 * day))
})
