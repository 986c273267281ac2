import type { SpanJson, TimelineJson } from '../query/wire/timeline.ts'
import { bar, type Part } from './bar.ts'
import { fit, painter, safe, type Paint, type Style } from './terminal-text.ts'
import { unitOf, type Unit } from './timeline-unit.ts'
import { blame, breakdown, failure, warnings } from './waterfall-foot.ts'
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
  const unit = unitOf(whole)
  const layout: Layout = { timeline, paint, unit, columns: columns(width) }
  return [
    ...heading(layout, width),
    ...rows(timeline, fold).map((row) => line(row, layout)),
    '',
    ...blame(timeline, unit, width).map((text) => paint('bold', text)),
    ...breakdown(timeline, unit, width).map((text) => paint('dim', text)),
    ...failure(timeline, width).map((text) => paint('red', text)),
    ...warnings(timeline, width).map((text) => paint('yellow', text)),
  ]
}

interface Layout {
  readonly timeline: TimelineJson
  readonly paint: Paint
  readonly unit: Unit
  readonly columns: { readonly name: number; readonly time: number; readonly bar: number }
}

/** Half for the names, two columns of times, the rest for the bars. */
function columns(width: number): Layout['columns'] {
  const time = 9
  const name = Math.min(60, Math.max(20, Math.floor(width / 2)))
  return { name, time, bar: Math.max(8, width - name - 2 * time - 1) }
}

const LEGEND = ' █ itself ░ below'

/** Of a request whose URL nobody said: its name; of one whose root never came, that of what came first. */
function named({ spans }: TimelineJson, root: SpanJson | undefined): string {
  return (root?.synthetic === true ? spans.find(({ synthetic }) => !synthetic) : root)?.name ?? ''
}

function heading({ timeline, paint, unit, columns: { name, time } }: Layout, width: number): string[] {
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
    `${unit.text(BigInt(timeline.durationNs))} ${unit.name}`,
    `${timeline.spans.length} span${timeline.spans.length === 1 ? '' : 's'}`,
    [...services].map(safe).join(', '),
  ].filter((fact) => fact !== '')
  const head = `${fit('', name)}${`total ${unit.name}`.padStart(time)}${`self ${unit.name}`.padStart(time)}`
  return [
    paint('bold', fit(safe(what.trim()), width).trimEnd()),
    paint('dim', fit(facts.join(' · '), width).trimEnd()),
    '',
    paint('dim', head.length + LEGEND.length <= width ? head + LEGEND : head),
  ]
}

function line(row: Row, { timeline, paint, unit, columns: { name, time, bar: width } }: Layout): string {
  const begin = BigInt(timeline.start)
  const whole = Number(BigInt(timeline.durationNs)) || 1
  const at = (ns: bigint): number => Math.min(1, Math.max(0, Number(ns - begin) / whole))
  const parts: Part[] = row.others.map(({ start, end }) => ({ from: at(start), to: at(end) }))
  const style = row.error ? 'red' : styleOf(row.span)
  return [
    row.error ? paint('red', fit(title(row), name)) : fit(title(row), name),
    unit.text(row.total).padStart(time),
    paint(row.self === row.total ? 'dim' : 'reset', unit.text(row.self).padStart(time)),
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
