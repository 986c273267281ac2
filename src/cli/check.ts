import { parseArgs } from 'node:util'
import { SeriesBook } from '../alerts/book.ts'
import { evaluate } from '../alerts/evaluate.ts'
import { unitOf } from '../alerts/notification.ts'
import { learn } from '../alerts/learn.ts'
import { Groups } from '../alerts/groups.ts'
import type { Rule } from '../alerts/rule.ts'
import { KEPT_MS } from '../alerts/series.ts'
import type { Span } from '../model/span.ts'
import { stitch } from '../stitch/stitch.ts'
import { tracesOf } from '../stitch/traces.ts'
import { alertConfig } from './alerting.ts'
import { UsageError } from './command.ts'
import { readFiles, refusalLines } from './span-files.ts'

const HELP = `usage: phaseline check FILE… [--rules FILE]

Holds recorded traffic against the rules and says which budgets are broken, for
CI. FILE is what "phaseline stitch" reads. Windows and "for" do not matter here:
all that was recorded counts as one window; "minCount" does. A rule with
"timesUsual" needs a running collector and is left out.

  --rules FILE   phaseline.config.json, .ts or .js here, else the default rules

exit code: 0 all kept · 1 a budget is broken · 2 nothing could be checked`

/** `phaseline check FILE…`. */
export async function check(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { rules: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) {
    console.log(HELP)
    return 0
  }
  if (positionals.length === 0) throw new UsageError('which files? "-" is standard input')
  const { rules } = await alertConfig(values.rules)
  const spans: Span[] = []
  for await (const reading of readFiles(positionals)) {
    for (const span of reading.spans) spans.push(span)
    for (const line of refusalLines(reading.refused)) console.error(line)
  }
  const book = new SeriesBook()
  for (const trace of tracesOf(spans).values()) learn(stitch(trace), book, undefined, NOW)
  const verdicts = verdictsOf(book, rules)
  for (const { broken, text } of verdicts) console.log(`${broken ? 'broken' : 'kept  '}  ${text}`)
  if (verdicts.length === 0) console.log('nothing to check: no rule has enough requests (see "minCount")')
  if (verdicts.some(({ broken }) => broken)) return 1
  return verdicts.length === 0 ? 2 : 0
}

/** A recording has no "now": all of it happened at once. */
const NOW = KEPT_MS

interface Verdict {
  readonly broken: boolean
  readonly text: string
}

/** Every rule on every series that it speaks of, broken ones first. */
function verdictsOf(book: SeriesBook, rules: readonly Rule[]): Verdict[] {
  const found: Verdict[] = []
  for (const { rule, subject, members } of new Groups(rules.filter((one) => one.above !== undefined)).gather(book)) {
    const reading = evaluate(rule, members, NOW)
    if (reading.value === null) continue
    const { service, name, hook, route } = subject
    const unit = unitOf(rule) === 'ms' ? ' ms' : ''
    const where = [service, name, hook, route].filter((part) => part !== '').join(' ')
    const trace = reading.exemplars.slowest === null || !reading.exceeded ? '' : `  slowest: ${reading.exemplars.slowest.traceId}`
    const figure = `${rule.figure} ${Number(reading.value.toPrecision(3))}${unit}, limit ${reading.threshold}${unit}`
    found.push({ broken: reading.exceeded, text: `${rule.name}  ${where}: ${figure} (${reading.count} requests)${trace}` })
  }
  return found.sort((a, b) => Number(b.broken) - Number(a.broken))
}
