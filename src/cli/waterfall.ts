import type { SpanJson, TimelineJson } from '../query/wire/timeline.ts'
import { bar, type Part } from './bar.ts'
import { culpritOf } from './culprit.ts'
import { percent } from './figures.ts'
import { fit, painter, safe, wrapped, type Paint, type Style } from './terminal-text.ts'
import { rows, type Row } from './waterfall-rows.ts'

/** How a waterfall is drawn. */
export interface Drawing {
  /** Columns of the terminal (80); fewer than 60 are taken as 60. */
  readonly width?: number
  readonly colour?: boolean
  /** Whether four and more siblings of one name are one line (true). */
  readonly fold?: boolean
}

/**
 * A timeline as text: a head line, one line per span (its name under its parent's, total and self time in ms, its bar), and where the
 * time went by phase. Pure: the same timeline gives the same lines.
 */
export function waterfall(timeline: TimelineJson, { width: wanted = 80, colour = false, fold = true }: Drawing = {}): string[] {
  const width = Math.max(60, wanted)
  const paint = painter(colour)
  const whole = BigInt(timeline.durationNs)
  const ms = milliseconds(whole)
  const layout: Layout = { timeline, paint, ms, columns: columns(width) }
  return [
    ...heading(layout, width),
    ...rows(timeline, fold).map((row) => line(row, layout)),
    '',
    ...blame(timeline, ms, width).map((text) => paint('bold', text)),
    ...breakdown(timeline, ms, width).map((text) => paint('dim', text)),
    ...failure(timeline, width).map((text) => paint('red', text)),
    ...warnings(timeline, width).map((text) => paint('yellow', text)),
  ]
}

interface Layout {
  readonly timeline: TimelineJson
  readonly paint: Paint
  readonly ms: (ns: bigint) => string
  readonly columns: { readonly name: number; readonly time: number; readonly bar: number }
}

/** Half for the names, two columns of times, the rest for the bars. */
function columns(width: number): Layout['columns'] {
  const time = 9
  const name = Math.min(60, Math.max(20, Math.floor(width / 2)))
  return { name, time, bar: Math.max(8, width - name - 2 * time - 1) }
}

/** Nanoseconds as milliseconds, all with as many digits as the whole needs, so that the points stand above each other. */
function milliseconds(whole: bigint): (ns: bigint) => string {
  const digits = whole < 100_000_000n ? 3 : whole < 1_000_000_000n ? 2 : 1
  return (ns) => (Number(ns) / 1e6).toFixed(digits)
}

const LEGEND = ' █ itself ░ below'

/** Of a request whose URL nobody said: its name; of one whose root never came, that of what came first. */
function named({ spans }: TimelineJson, root: SpanJson | undefined): string {
  return (root?.synthetic === true ? spans.find(({ synthetic }) => !synthetic) : root)?.name ?? ''
}

function heading({ timeline, paint, ms, columns: { name, time } }: Layout, width: number): string[] {
  const root = timeline.spans.find(({ spanId }) => spanId === timeline.root)
  const said = (name: string): string => {
    const value = root?.attributes[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const url = said('url.full')
  const what = url === '' ? named(timeline, root) : `${said('http.request.method') || root?.name} ${url}`
  const services = new Set(timeline.spans.filter(({ synthetic }) => !synthetic).map(({ service }) => service))
  const facts = [
    said('http.response.status_code'),
    `${ms(BigInt(timeline.durationNs))} ms`,
    `${timeline.spans.length} spans`,
    [...services].map(safe).join(', '),
  ].filter((fact) => fact !== '')
  const head = `${fit('', name)}${'total ms'.padStart(time)}${'self ms'.padStart(time)}`
  return [
    paint('bold', fit(safe(what.trim()), width).trimEnd()),
    paint('dim', fit(facts.join(' · '), width).trimEnd()),
    '',
    paint('dim', head.length + LEGEND.length <= width ? head + LEGEND : head),
  ]
}

function line(row: Row, { timeline, paint, ms, columns: { name, time, bar: width } }: Layout): string {
  const begin = BigInt(timeline.start)
  const whole = Number(BigInt(timeline.durationNs)) || 1
  const at = (ns: bigint): number => Math.min(1, Math.max(0, Number(ns - begin) / whole))
  const parts: Part[] = row.others.map(({ start, end }) => ({ from: at(start), to: at(end) }))
  const style = row.error ? 'red' : styleOf(row.span)
  return [
    row.error ? paint('red', fit(title(row), name)) : fit(title(row), name),
    ms(row.total).padStart(time),
    paint(row.self === row.total ? 'dim' : 'reset', ms(row.self).padStart(time)),
    ' ',
    paint(style, bar({ from: at(row.start), to: at(row.end) }, parts, width).trimEnd()),
  ]
    .join('')
    .trimEnd()
}

/** Indented by its depth; says how many it stands for, what failed, and which service it is where that changes. */
function title({ span, parent, count, error }: Row): string {
  const service = span.synthetic || parent?.service === span.service ? '' : ` [${span.service}]`
  const failure = error ? ` ✗ ${(span.attributes['error.type'] as string | undefined) ?? 'error'}` : ''
  const unfinished = span.warnings.includes('in_flight') ? ' …' : ''
  return safe(
    `${' '.repeat(Math.min(span.depth, 12))}${span.name}${count > 1 ? ` ×${count}` : ''}${failure}${unfinished}${service}`,
  )
}

const STYLES: readonly (readonly [RegExp, Style])[] = [
  [/^(dns|connect|tls)$/, 'blue'],
  [/^client/, 'cyan'],
  [/^(proxy|queue)/, 'magenta'],
  [/^middleware/, 'yellow'],
  [/^(view|model|resolve|render)$/, 'green'],
  [/^db/, 'magentaBright'],
]

function styleOf({ phase }: SpanJson): Style {
  return STYLES.find(([form]) => form.test(phase ?? ''))?.[1] ?? 'white'
}

/** `mostly SessionMiddleware in 2 hooks, 120.30 ms (95 %)`: where the time went, in a sentence; nothing where nothing stands out. */
function blame(timeline: TimelineJson, ms: (ns: bigint) => string, width: number): string[] {
  const culprit = culpritOf(timeline)
  const whole = BigInt(timeline.durationNs)
  if (culprit === undefined || whole === 0n) return []
  const { name, times, ns, middleware } = culprit
  const often = times === 1 ? '' : middleware ? ` in ${times} hooks` : ` ×${times}`
  const said = `${2n * ns > whole ? 'mostly' : 'longest:'} ${name}${often}, ${ms(ns)} ms (${percent(Number(ns) / Number(whole))})`
  return wrapped(safe(said).split(' '), ' ', width, '  ')
}

/** So many phases are told apart. */
const TOLD = 7

/** Where the time went: each phase's self time, the longest first. */
function breakdown({ phases, durationNs }: TimelineJson, ms: (ns: bigint) => string, width: number): string[] {
  const said = Object.entries(phases)
    .map(([phase, ns]): [string, bigint] => [phase, BigInt(ns)])
    .sort(([, a], [, b]) => Number(b - a))
  const rest = said.slice(TOLD).reduce((sum, [, ns]) => sum + ns, 0n)
  if (rest > 0n) said.splice(TOLD, Infinity, [`${said.length - TOLD} more`, rest])
  const share = (ns: bigint): string => percent(Number(ns) / Number(durationNs))
  return wrapped(
    said.filter(([, ns]) => ns > 0n).map(([phase, ns]) => `${phase} ${ms(ns)} (${share(ns)})`),
    ' · ',
    width,
    '',
  )
}

const WARNINGS: Readonly<Record<string, string>> = {
  n_plus_one: 'the same query was repeated in one request (N+1)',
  orphan: 'spans whose parent never came',
  in_flight: 'spans still running',
  clock_skew: 'spans moved, because the clocks of two machines disagree',
}

function warnings(timeline: TimelineJson, width: number): string[] {
  return Object.entries(timeline.warnings)
    .filter(([, count]) => count > 0)
    .flatMap(([warning, count]) =>
      wrapped(`! ${WARNINGS[warning] ?? warning.replaceAll('_', ' ')}: ${count}`.split(' '), ' ', width, '  '),
    )
}

/** `✗ failed in SELECT book: no such table`: where it began that the request failed, and what that span says. 4xx is an answer. */
function failure({ spans, root }: TimelineJson, width: number): string[] {
  const status = Number(spans.find(({ spanId }) => spanId === root)?.attributes['http.response.status_code'] ?? 0)
  const failed = spans.filter(({ error }) => error)
  const whole = failed.some(({ spanId, kind }) => spanId === root || kind === 'SERVER')
  if (!whole || (status >= 400 && status < 500)) return []
  const first = failed.reduce((deepest, span) => (span.depth > deepest.depth ? span : deepest))
  const exception = first.events.find(({ name }) => name === 'exception')?.attributes['exception.message']
  const message = first.statusMessage || (typeof exception === 'string' ? exception : '')
  return wrapped(safe(`✗ failed in ${first.name}${message === '' ? '' : `: ${message}`}`).split(' '), ' ', width, '  ')
}
