import { expect, test } from 'vitest'
import { collect } from '../../src/collector/index.ts'
import { spansOfLine } from '../../src/formats/proxy-log.ts'
import { spansOf } from '../store/traces.ts'
import { running } from './running.ts'

test('spans that come from a log are sent on like those that are received', async () => {
  const next = await collect({ otlpPort: 0 })
  const first = await collect({ otlpPort: 0, forward: [{ url: `http://127.0.0.1:${next.otlpPort}` }] })
  const line = { phaseline: '1', trace: 'a'.repeat(32), span: 'b'.repeat(16), flags: '01', end: '1000.100', duration: '0.100' }
  expect(first.add(spansOfLine(JSON.stringify(line)) ?? [])).toBe(2)
  await first.flush()
  expect(next.stats()).toMatchObject({ accepted: 2 })
  await first.close()
  await next.close()
})

test('who adds more than there is room for can wait until there is', async () => {
  const never = { rooted: 1e9, rootless: 1e9, most: 1e9 }
  const collector = await running({ limits: { pending: 1_000 }, patience: never })
  collector.add(spansOf(1, [{ name: 'x'.repeat(100) }]))
  await collector.room()
  expect([collector.isFull, collector.stats().pending]).toEqual([false, 1])
  collector.add(spansOf(2, [{ name: 'x'.repeat(2_000) }]))
  expect(collector.isFull).toBe(true)
  await collector.room()
  expect([collector.isFull, collector.stats()]).toMatchObject([false, { pending: 0, stored: 2 }])
})
