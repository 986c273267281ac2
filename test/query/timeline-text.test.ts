import { expect, test } from 'vitest'
import { timelineJson } from '../../src/query/timeline-json.ts'
import { timelineText } from '../../src/query/timeline-text.ts'
import { read, spansOf } from '../store/traces.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'

test.each([1, 2, 2_500])('the pieces of a timeline of %i spans are its JSON', (count) => {
  const spans = spansOf(
    1,
    Array.from({ length: count }, (_, i) => ({
      from: i / 50,
      to: i === 0 ? 100 : i / 50 + 0.01,
      attributes: { i, quoted: '"' },
    })),
  )
  const timeline = read(encodeSpans(spans))
  expect([...timelineText(timeline)].join('')).toBe(JSON.stringify(timelineJson(timeline)))
})
