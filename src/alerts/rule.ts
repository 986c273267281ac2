import * as v from 'valibot'
import { isPhaseId, PHASE_IDS } from '../model/phases.ts'

/** `90s`, `5m`, `250ms`, `1h`, or a number of milliseconds → milliseconds. */
const duration = v.pipe(
  v.union([v.string(), v.number()], 'must be a duration: "250ms", "90s", "5m", "1h", or a number of milliseconds'),
  v.transform((given) => (typeof given === 'number' ? given : parseDuration(given))),
  v.check((ms) => Number.isFinite(ms) && ms >= 0, 'must be a duration: "250ms", "90s", "5m", "1h", or a number of milliseconds'),
)

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function parseDuration(given: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(given.trim())
  return match === null ? NaN : Number(match[1]) * (UNITS[match[2] as string] as number)
}

const FIGURES = ['p50', 'p75', 'p90', 'p95', 'p99', 'share', 'error_rate', 'in_flight_age'] as const

/** What a rule may say, and what it means when it says nothing. */
const ruleFields = v.strictObject({
  /** Unique; what the alert is called. */
  name: v.pipe(v.string(), v.regex(/^[A-Za-z][\w-]*$/, 'must be a name of letters, digits, _ and -')),
  severity: v.optional(v.picklist(['info', 'warning', 'critical']), 'warning'),
  /** Which series: each field that is given must match; `*` stands for anything within a text. */
  where: v.optional(
    v.strictObject({
      service: v.optional(v.string()),
      phase: v.optional(
        v.pipe(
          v.string(),
          v.check((text) => text.includes('*') || isPhaseId(text), `is no phase; known: ${PHASE_IDS.join(', ')}`),
        ),
      ),
      name: v.optional(v.string()),
      hook: v.optional(v.string()),
      route: v.optional(v.string()),
    }),
    {},
  ),
  /**
   * Quantiles are of self time, in ms; the share of the request and the error rate are 0…1. `in_flight_age`: for how long the oldest
   * that has not ended has been running, in ms, waiting for others included; `window` says nothing of it.
   */
  figure: v.picklist(FIGURES, `must be one of ${FIGURES.join(', ')}`),
  above: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(limit), v.number('must be a number or a duration'))),
  /** Instead of `above`: how many times its own usual level. */
  timesUsual: v.optional(v.pipe(v.number(), v.gtValue(1, 'must be greater than 1'))),
  /** With `timesUsual`: below this many ms nothing is slow, whatever the factor. */
  atLeast: v.optional(duration, 5),
  window: v.optional(
    v.pipe(duration, v.minValue(10_000, 'must be 10s or more'), v.maxValue(900_000, 'must be 15m or less')),
    '5m',
  ),
  /** How long it must last before it fires: 5m, but 0 for an `in_flight_age`, which has lasted for that long. */
  for: v.optional(duration),
  /** Fewer observations than this in the window say nothing: 20, but 1 for an `in_flight_age`. */
  minCount: v.optional(v.pipe(v.number(), v.minValue(1))),
  /** Whether each route counts, and is told, by itself; else all routes of the same hook count together. */
  perRoute: v.optional(v.boolean(), false),
  /** A firing alert is told again after this time. */
  repeat: v.optional(duration, '4h'),
  /** What to do about it: shown with the alert. */
  help: v.optional(v.string(), ''),
})

const RuleSchema = v.pipe(
  ruleFields,
  v.check((rule) => (rule.above === undefined) !== (rule.timesUsual === undefined), 'needs either "above" or "timesUsual"'),
  v.check((rule) => rule.timesUsual === undefined || /^p\d/.test(rule.figure), '"timesUsual" goes with a quantile (p50 … p99)'),
  v.transform((rule) => {
    const hangs = rule.figure === 'in_flight_age'
    return { ...rule, for: rule.for ?? (hangs ? 0 : 300_000), minCount: rule.minCount ?? (hangs ? 1 : 20) }
  }),
)

/** A rule as the evaluation reads it: durations in ms. */
export interface Rule {
  readonly name: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly where: Readonly<Partial<Record<'service' | 'phase' | 'name' | 'hook' | 'route', string | undefined>>>
  readonly figure: Figure
  readonly above?: number | undefined
  readonly timesUsual?: number | undefined
  readonly atLeast: number
  readonly window: number
  readonly for: number
  readonly minCount: number
  readonly perRoute: boolean
  readonly repeat: number
  readonly help: string
}

export type Figure = (typeof FIGURES)[number]

/** Something that is wrong with a rules file: where in it, and what is allowed. */
export interface RuleIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Reads rules as a file has them. Gives all that is wrong at once; the rules only if nothing is. */
export function parseRules(given: unknown): { rules: readonly Rule[]; issues: readonly RuleIssue[] } {
  const result = v.safeParse(v.array(RuleSchema, 'must be a list of rules'), given)
  if (result.success) {
    const twice = result.output.findIndex((rule, i, all) => all.findIndex((other) => other.name === rule.name) !== i)
    if (twice < 0) return { rules: result.output, issues: [] }
    return { rules: [], issues: [{ path: [twice, 'name'], message: 'is the name of another rule too' }] }
  }
  const issues = result.issues.map((issue) => ({
    path: (issue.path ?? []).map((item) => item.key as string | number),
    message:
      issue.type === 'strict_object' ? `is not known here; known: ${Object.keys(ruleFields.entries).join(', ')}` : issue.message,
  }))
  return { rules: [], issues }
}

function limit(given: string | number): number {
  return typeof given === 'number' ? given : parseDuration(given)
}

/** What holds without a file: a middleware that is slow in absolute terms, one that hangs, and one that is slower than it used to be. */
export const DEFAULT_RULES: readonly Rule[] = [
  v.parse(RuleSchema, {
    name: 'SlowMiddleware',
    where: { phase: 'middleware.*' },
    figure: 'p95',
    above: '50ms',
    help: 'Open the slowest timeline: the solid part of this hook’s bar is its own time; what it waited for hangs under it.',
  }),
  v.parse(RuleSchema, {
    name: 'HangingMiddleware',
    where: { phase: 'middleware.*' },
    figure: 'in_flight_age',
    above: '30s',
    help: 'Open the running timeline: the deepest bar without an end is what it waits for.',
  }),
  v.parse(RuleSchema, {
    name: 'MiddlewareSlowerThanUsual',
    where: { phase: 'middleware.*' },
    figure: 'p95',
    timesUsual: 3,
    help: 'Compare the slowest timeline with a typical one: the same hook used to take a third of this or less.',
  }),
]

/** Whether a rule speaks of a series with these fields. */
export function matches(where: Rule['where'], fields: Readonly<Record<string, string>>): boolean {
  return Object.entries(where).every(([key, pattern]) => pattern === undefined || glob(pattern, fields[key] ?? ''))
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const globs = new Map<string, RegExp>()

function glob(pattern: string, value: string): boolean {
  if (!pattern.includes('*')) return pattern === value
  let compiled = globs.get(pattern)
  if (compiled === undefined) {
    compiled = new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`, 's')
    globs.set(pattern, compiled)
  }
  return compiled.test(value)
}
