import { OWN } from '../model/attributes.ts'
import type { MetricPoint } from '../model/metric.ts'
import type { AgentJson } from './wire/status.ts'

/** Processes that are remembered at most; whose last word is oldest goes first. */
const MOST = 500
/** A process that has said nothing for so long is gone. ms */
const SILENCE = 15 * 60_000
/** So many of its latest reports say what it costs now. */
const REPORTS = 30

/** What a process's agent did between two reports. */
interface Report {
  requests: number
  spans: number
  /** Seconds, by kind of work. */
  readonly seconds: Record<string, number>
}

interface Agent {
  readonly service: string
  readonly host: string
  readonly pid: number | null
  /** Since its first report here, by counter: `spans`, `exported`, `dropped`, … */
  readonly totals: Map<string, number>
  readonly reports: Report[]
  at: number
}

/** The agent measures every 16th request: fewer say too little. */
const ENOUGH = 320

const PREFIX = 'phaseline.agent.'

/** What agents say of themselves in their metrics, by process. */
export class Agents {
  readonly #known = new Map<string, Agent>()

  /** Passes over what is of no agent. @param now ms since the epoch */
  learn(points: readonly MetricPoint[], now: number = Date.now()): void {
    const byProcess = Map.groupBy(points, (point) => keyOf(point))
    for (const [key, own] of byProcess) {
      if (!own.some(({ name }) => name.startsWith(PREFIX))) continue
      const agent = this.#known.get(key) ?? made(own[0] as MetricPoint)
      this.#known.delete(key)
      this.#known.set(key, agent)
      agent.at = now
      add(agent, own)
    }
    for (const [key, { at }] of this.#known) if (this.#known.size > MOST || at < now - SILENCE) this.#known.delete(key)
  }

  /** Those heard of lately, by service. @param now ms since the epoch */
  list(now: number = Date.now()): AgentJson[] {
    return [...this.#known.values()]
      .filter(({ at }) => at >= now - SILENCE)
      .map(agentJson)
      .sort((a, b) => a.service.localeCompare(b.service) || (a.pid ?? 0) - (b.pid ?? 0))
  }
}

function keyOf({ resource }: MetricPoint): string {
  const { attributes, service, host } = resource
  const instance = attributes.get('service.instance.id')
  return typeof instance === 'string' ? instance : `${service} ${host} ${Number(attributes.get('process.pid'))}`
}

function made({ resource }: MetricPoint): Agent {
  const pid = Number(resource.attributes.get('process.pid'))
  const { service } = resource
  const host = resource.attributes.get('host.name')
  const known = { service, host: typeof host === 'string' ? host : resource.host, pid: Number.isInteger(pid) ? pid : null }
  return { ...known, totals: new Map(), reports: [], at: 0 }
}

function add({ totals, reports }: Agent, points: readonly MetricPoint[]): void {
  const report: Report = { requests: requestsIn(points), spans: 0, seconds: {} }
  for (const { name, delta, value, attributes } of points) {
    if (!delta || !name.startsWith(PREFIX) || !(value >= 0)) continue
    const counter = name.slice(PREFIX.length)
    if (counter === 'time') {
      const said = attributes.get('phaseline.agent.work')
      const work = typeof said === 'string' ? said : 'other'
      report.seconds[work] = (report.seconds[work] ?? 0) + value
    } else totals.set(counter, (totals.get(counter) ?? 0) + value)
    if (counter === 'spans') report.spans = value
  }
  reports.push(report)
  if (reports.length > REPORTS) reports.shift()
}

/** A server's requests; of a process that is none, those that it made. */
function requestsIn(points: readonly MetricPoint[]): number {
  const of = (phase: string): number =>
    points
      .filter(({ name, attributes }) => name === 'phaseline.phase.self_time' && attributes.get(OWN.phase) === phase)
      .reduce((sum, { histogram }) => sum + (histogram?.count ?? 0), 0)
  return of('gateway') || of('proxy') || of('client')
}

function agentJson({ service, host, pid, totals, reports, at }: Agent): AgentJson {
  const sum = (of: (report: Report) => number): number => reports.reduce((all, report) => all + of(report), 0)
  const total = (counter: string): number => totals.get(counter) ?? 0
  const requests = sum((report) => report.requests)
  const works = new Set(reports.flatMap(({ seconds }) => Object.keys(seconds)))
  const perRequest = (seconds: number): string | null =>
    requests < ENOUGH ? null : String(Math.round((seconds / requests) * 1e9))
  return {
    service,
    host,
    pid,
    requests,
    spansPerRequest: requests === 0 ? null : sum((report) => report.spans) / requests,
    perRequestNs: perRequest(sum(({ seconds }) => Object.values(seconds).reduce((all, one) => all + one, 0))),
    work: Object.fromEntries(
      [...works].flatMap((work) => {
        const ns = perRequest(sum(({ seconds }) => seconds[work] ?? 0))
        return ns === null ? [] : [[work, ns]]
      }),
    ),
    spans: total('spans'),
    exported: total('exported'),
    dropped: total('dropped'),
    // What came before we listened may leave afterwards.
    waiting: Math.max(0, total('spans') - total('exported') - total('dropped')),
    errors: total('errors'),
    at: new Date(at).toISOString(),
  }
}
