import { expect, test } from 'vitest'
import type { MetricPoint } from '../../src/model/metric.ts'
import { report } from '../query/agent-report.ts'
import { served } from '../query/fixture.ts'
import { noBrowser, viewer } from './viewer.ts'

const view = viewer()

test.skipIf(noBrowser)('the status says what watching costs each process, and what it lost', async () => {
  await view.serving.close()
  let tell: (points: readonly MetricPoint[]) => void = () => {}
  view.serving = await served({ onMetrics: (listener) => ((tell = listener), () => {}) })
  tell(report('shop', 7, 1000, { spans: 14_000, exported: 13_900, dropped: 60, errors: 2 }, 0.02))
  tell(report('young', 8, 5, { spans: 70 }, 0.02))
  const page = await view.open('/status')
  const rows = page.locator('.agents tbody tr')
  await rows.nth(1).waitFor()
  expect(await rows.nth(0).innerText()).toMatch(/^shop one · 7\s+20\.0 µs\s+making spans 20\.0 µs\s+14\.0\s+14,000\s+40\s+60\s+2/)
  expect(await rows.nth(1).innerText()).toMatch(/^young one · 8\s+too early/)
})

test.skipIf(noBrowser)('where no app sends metrics, it says how they would', async () => {
  const page = await view.open('/status')
  await page.getByText('OTEL_METRICS_EXPORTER=otlp').waitFor()
})
