import type { Subject } from './observation.ts'
import type { Figure, Rule } from './rule.ts'

/** What a rule counts: `1 call of any middleware`, `20 queries`. */
interface Counted {
  readonly one: string
  readonly many: string
}

const CALLS: Counted = { one: 'call', many: 'calls' }

const COUNTED: Readonly<Record<string, Counted>> = {
  client: { one: 'outgoing request', many: 'outgoing requests' },
  'client.wait': { one: 'wait for a connection', many: 'waits for a connection' },
  dns: { one: 'DNS lookup', many: 'DNS lookups' },
  connect: { one: 'TCP connect', many: 'TCP connects' },
  tls: { one: 'TLS handshake', many: 'TLS handshakes' },
  proxy: { one: 'proxied request', many: 'proxied requests' },
  queue: { one: 'wait in the queue', many: 'waits in the queue' },
  gateway: { one: 'request', many: 'requests' },
  db: { one: 'query', many: 'queries' },
  'db.pool': { one: 'wait for a database connection', many: 'waits for a database connection' },
  render: { one: 'rendering', many: 'renderings' },
}

/** Who is called, of phases that are calls. */
const CALLED: Readonly<Record<string, string>> = {
  'middleware.*': 'any middleware',
  'middleware.request': 'any middleware on the way in',
  'middleware.response': 'any middleware on the way out',
  'middleware.exception': 'any error handler',
  view: 'any view',
  model: 'any model',
}

/** What happens once each time that a phase does. @param phase an id, or a pattern of them */
const counted = (phase: string | undefined): Counted => COUNTED[phase ?? ''] ?? CALLS

/** ` of any middleware`, ` of SessionMiddleware process_request`, ` named Session* of bookshop on /books/`. */
function of({ phase, name, hook, service, route }: Rule['where']): string {
  const kind = counted(phase) === CALLS ? (CALLED[phase ?? ''] ?? (phase === undefined ? 'anything' : `the phase ${phase}`)) : ''
  const pattern = name?.includes('*') === true
  const who = name === undefined ? kind : pattern ? `${kind} named ${name}`.trim() : name
  return [
    ...(who === '' ? [] : [pattern && kind === '' ? who : `of ${who}`]),
    ...(hook === undefined ? [] : [hook]),
    ...(service === undefined ? [] : [`in ${service}`]),
    ...(route === undefined ? [] : [`on ${route}`]),
  ]
    .map((part) => ` ${part}`)
    .join('')
}

/** What a rule speaks of: `calls of any middleware`, `queries in shop`. */
export function spokenOf({ where }: Rule): string {
  return counted(where.phase).many + of(where)
}

const ONE_IN: Readonly<Partial<Record<Figure, number>>> = { p75: 4, p90: 10, p95: 20, p99: 100 }

/** `1 call in 20 of any middleware takes`: a quantile for those who know no quantiles. */
function quantile(figure: Figure, { one, many }: Counted, whose = ''): string {
  return figure === 'p50' ? `Half of the ${many}${whose} take` : `1 ${one} in ${ONE_IN[figure]}${whose} takes`
}

/**
 * A rule as a sentence: `1 call in 20 of any middleware takes longer than 50 ms of its own time (p95), over the last 5 min. Fires when
 * that lasts for 5 min; fewer than 20 calls say nothing.`
 */
export function ruleWords(rule: Rule): string {
  const { figure, minCount, window, perRoute } = rule
  const many = counted(rule.where.phase).many
  const hangs = figure === 'in_flight_age'
  const fires = rule.for > 0 ? `Fires when that lasts for ${time(rule.for)}` : 'Fires at once'
  const few = hangs || minCount <= 1 ? '.' : `; fewer than ${minCount} ${many} say nothing.`
  return `${breach(rule)}${hangs ? '' : `, over the last ${time(window)}`}. ${fires}${few}${perRoute ? ' Each route counts by itself.' : ''}`
}

/** What must not be. */
function breach(rule: Rule): string {
  const { figure, where, above, timesUsual, atLeast, minCount } = rule
  const things = counted(where.phase)
  const limit = amount(above ?? 0, rule)
  if (figure === 'in_flight_age')
    return `${minCount} ${minCount === 1 ? things.one : things.many}${of(where)} ${minCount === 1 ? 'has' : 'have'} been running for longer than ${limit}`
  if (figure === 'error_rate') return `More than ${limit} of the ${things.many}${of(where)} fail`
  if (figure === 'share') return `The ${things.many}${of(where)} take more than ${limit} of their requests’ time`
  const takes = quantile(figure, things, of(where))
  if (timesUsual === undefined) return `${takes} longer than ${limit} of its own time (${figure})`
  return `${takes} more than ${timesUsual} times its usual time, and longer than ${time(atLeast)} (${figure} of its own time)`
}

/** What a subject's figure says: `1 call in 20 takes 61 ms or more of its own time (p95); the limit is 50 ms`. */
export function measuredWords(rule: Rule, { phase }: Subject, value: number | null, threshold: number | null): string {
  const things = counted(phase)
  const usual = rule.timesUsual === undefined ? '' : `, ${rule.timesUsual} times what is usual`
  const limit = threshold === null ? '' : `; the limit is ${amount(threshold, rule)}${usual}`
  if (value === null) return `too few ${things.many} to say${limit}`
  const said = amount(value, rule)
  if (rule.figure === 'error_rate') return `${said} of the ${things.many} fail${limit}`
  if (rule.figure === 'share') return `takes ${said} of its requests’ time${limit}`
  const takes = quantile(rule.figure, things)
  return `${takes[0]?.toLowerCase()}${takes.slice(1)} ${said} or more of its own time (${rule.figure})${limit}`
}

/** What a rule's values are: times in ms, or 0…1. */
export const unitOf = ({ figure }: Pick<Rule, 'figure'>): 'ms' | 'ratio' =>
  figure === 'share' || figure === 'error_rate' ? 'ratio' : 'ms'

/** A figure for people: `182 ms`, `45 s`, `4.2 ms`, `12 %`. */
export function amount(value: number, rule: Pick<Rule, 'figure'>): string {
  return unitOf(rule) === 'ratio' ? `${Number((value * 100).toPrecision(3))} %` : time(value)
}

/** `250 ms`, `8 s`, `90 s`, `5 min`. */
function time(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms >= 1_000 ? `${Number((ms / 1_000).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`
}
