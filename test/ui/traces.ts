import { outlineJson } from '../../src/query/outline.ts'
import { summaryJson } from '../../src/query/summary-json.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { summarise } from '../../src/stitch/summary.ts'
import { readTrace, type Trace } from '../../src/ui/timeline/trace.ts'
import { spansOf, type Part } from '../query/bookshop.ts'

/** A made-up trace as the page holds it. */
export function traceOf(root: Part, number = 1): Trace {
  const timeline = stitch(spansOf(root, number))
  return readTrace(outlineJson(timeline, summaryJson(summarise(timeline))))
}

/** The first span of this name. */
export function spanNamed(trace: Trace, name: string): number {
  for (let span = 0; span < trace.size; span++) if (trace.name(span) === name) return span
  throw new Error(`No span is called ${name}`)
}
