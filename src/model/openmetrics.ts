import { PER_OCTAVE, type Histogram } from './histogram.ts'

/** Names and values of labels; empty values are left out, as Prometheus takes them for absent. */
export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** A trace that shows a value: OpenMetrics calls it an exemplar. `value` in the histogram's unit, `at` in ms since the epoch. */
export interface ExemplarSample {
  readonly traceId: string
  readonly value: number
  readonly at: number
}

export interface HistogramSample {
  readonly labels: Labels
  readonly histogram: Histogram
  readonly exemplars?: readonly ExemplarSample[]
}

export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: Iterable<Sample> }
  | { readonly type: 'histogram'; readonly unit: 'seconds' | 'milliseconds'; readonly samples: Iterable<HistogramSample> }
)

/** The two text formats that Prometheus reads; only the first has exemplars. */
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
export const PLAIN = 'text/plain; version=0.0.4; charset=utf-8'

/** Upper bounds of the classic buckets, in seconds: powers of two from 61 µs to 16 s, because those are exact in our histograms. */
const OCTAVES: readonly number[] = Array.from({ length: 19 }, (_, i) => i - 14)

/**
 * Families as text for Prometheus.
 * @param accept the request's `Accept`: who names OpenMetrics gets it
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function expose(families: Iterable<Family>, accept: string): { type: string; body: string } {
  const type = typeFor(accept)
  return { type, body: [...exposition(families, type)].join('') }
}

/** The format that a scraper takes. */
export const typeFor = (accept: string): typeof OPENMETRICS | typeof PLAIN =>
  accept.includes('application/openmetrics-text') ? OPENMETRICS : PLAIN

/** The text of `expose` in pieces, a series at a time: a family's samples are asked for when their turn has come. */
export function* exposition(families: Iterable<Family>, type: typeof OPENMETRICS | typeof PLAIN): Generator<string> {
  const open = type === OPENMETRICS
  for (const family of families) {
    const name = family.type === 'counter' && !open ? `${family.name}_total` : family.name
    yield `# TYPE ${name} ${family.type}\n# HELP ${name} ${family.help}\n`
    if (open && family.type === 'histogram') yield `# UNIT ${name} ${family.unit}\n`
    if (family.type === 'histogram')
      for (const sample of family.samples) yield `${histogramLines(family.name, family.unit, sample, open).join('\n')}\n`
    else
      for (const { labels, value } of family.samples)
        yield `${family.name}${family.type === 'counter' ? '_total' : ''}${braces(labels)} ${value}\n`
  }
  if (open) yield '# EOF\n'
}

function histogramLines(name: string, unit: 'seconds' | 'milliseconds', sample: HistogramSample, open: boolean): string[] {
  const { histogram, labels } = sample
  const scale = unit === 'seconds' ? 1 : 1000
  const exemplars = open ? [...(sample.exemplars ?? [])] : []
  let below = 0
  const lines = cumulative(histogram).map(([bound, count]) => {
    const found = exemplars.find(({ value }) => value > below && value <= bound)
    below = bound
    const le = bound === Infinity ? '+Inf' : String(bound * scale)
    return `${name}_bucket${braces({ ...labels, le })} ${count}${found === undefined ? '' : exemplarText(found, scale)}`
  })
  return [...lines, `${name}_count${braces(labels)} ${histogram.count}`, `${name}_sum${braces(labels)} ${histogram.sum * scale}`]
}

const exemplarText = ({ traceId, value, at }: ExemplarSample, scale: number): string =>
  ` # {trace_id="${traceId}"} ${value * scale} ${at / 1000}`

/** Counts of values up to each bound, in seconds. */
function cumulative(histogram: Histogram): [bound: number, count: number][] {
  const buckets = [...histogram.buckets()]
  let count = histogram.zeroCount
  let next = 0
  const counted = OCTAVES.map((octave): [number, number] => {
    for (; next < buckets.length && (buckets[next] as [number, number])[0] < octave * PER_OCTAVE; next++)
      count += (buckets[next] as [number, number])[1]
    return [2 ** octave, count]
  })
  return [...counted, [Infinity, histogram.count]]
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

function braces(labels: Labels): string {
  const parts = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}="${value.replace(/[\\"\n]/g, (found) => ESCAPES[found] as string)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}
