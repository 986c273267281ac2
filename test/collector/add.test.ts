import { expect, test } from 'vitest'
import { collect } from '../../src/collector/index.ts'
import { spansOfLine } from '../../src/formats/proxy-log.ts'

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
