import type { Observation, Subject } from './observation.ts'
import { Series, type Addition, type SeriesData } from './series.ts'

/** How many subjects are kept apart. What comes after shares the overflow subject of its service and phase, */
const LIMIT = 10_000
/** and of its phase alone, if there are that part as many of those: services are made up, too. */
const SERVICES = 0.1

/** A service that has sent no metrics for so long sends none any more: its timelines count again. */
const SILENCE_MS = 15 * 60_000

/** All series, by subject, in bounded memory. */
export class SeriesBook {
  readonly #series = new Set<Series>()
  /** By route, then by name: what is left to compare are a few. No texts are joined to find one, because every span asks. */
  readonly #index = new Map<string, Map<string, Series[]>>()
  readonly #limit: number
  /** Services whose own metrics say what their phases took, and when they did last. */
  readonly #metered = new Map<string, number>()
  /** Observations that went to an overflow subject because there were too many subjects. */
  overflowed = 0

  constructor(limit: number = LIMIT) {
    this.#limit = limit
  }

  observe(observation: Observation): void {
    this.of(observation.subject).observe(observation)
  }

  /** @param at ms since the epoch */
  add(subject: Subject, addition: Addition, at: number): void {
    this.of(subject).add(addition, at)
  }

  /**
   * From now on the timelines of a service give it exemplars only: its metrics count all requests, not the sampled ones.
   * @param from since when they count, @param now, both ms since the epoch
   */
  meter(service: string, from: number, now: number): void {
    if (this.counts(service, now)) {
      if (this.#metered.size >= this.#limit) return
      for (const series of this.#series) if (series.subject.service === service) series.retract(from)
    }
    this.#metered.set(service, now)
  }

  /** Whether the timelines of a service count: it has sent no metrics lately. */
  counts(service: string, now: number): boolean {
    const last = this.#metered.size === 0 ? undefined : this.#metered.get(service)
    return last === undefined || last < now - SILENCE_MS
  }

  metered(): [service: string, last: number][] {
    return [...this.#metered]
  }

  get({ service, phase, name, hook, route }: Subject): Series | undefined {
    const some = this.#index.get(route)?.get(name)
    if (some === undefined) return undefined
    for (const series of some) {
      const { subject } = series
      if (subject.phase === phase && subject.hook === hook && subject.service === service) return series
    }
    return undefined
  }

  *[Symbol.iterator](): Generator<Series> {
    yield* this.#series.values()
  }

  get size(): number {
    return this.#series.size
  }

  /** Forgets subjects that were not seen for `ms`: a route that was removed does not stay for ever. */
  forget(now: number, ms: number): void {
    for (const service of this.#metered.keys()) if (this.counts(service, now)) this.#metered.delete(service)
    for (const series of this.#series) if (series.latest > 0 && series.latest < now - ms) this.#remove(series)
  }

  /** The clock was set back. */
  rewind(now: number): void {
    for (const [service, last] of this.#metered) this.#metered.set(service, Math.min(last, now))
    for (const series of this.#series) series.rewind(now)
  }

  toData(): SeriesData[] {
    return [...this.#series].map((series) => series.toData())
  }

  restore(data: readonly SeriesData[], metered: readonly [service: string, last: number][]): void {
    for (const one of data) this.#put(Series.from(one))
    for (const [service, last] of metered) this.#metered.set(service, last)
  }

  /** The series of a subject; an overflow series if there is no room for another one. */
  of(asked: Subject): Series {
    const found = this.get(asked)
    if (found !== undefined) return found
    const { service, phase, name, hook, route } = asked
    if (this.#series.size < this.#limit) return this.#put(new Series({ service, phase, name, hook, route }))
    this.overflowed++
    const rest = { service, phase, name: 'other', hook: '', route: '' }
    const known = this.get(rest)
    if (known !== undefined) return known
    if (this.#series.size < this.#limit + this.#limit * SERVICES) return this.#put(new Series(rest))
    const anybody = { ...rest, service: 'other' }
    return this.get(anybody) ?? this.#put(new Series(anybody))
  }

  #put(series: Series): Series {
    const { route, name } = series.subject
    this.#series.add(series)
    const names = this.#index.get(route) ?? new Map<string, Series[]>()
    this.#index.set(route, names)
    names.set(name, [...(names.get(name) ?? []), series])
    return series
  }

  #remove(series: Series): void {
    const { route, name } = series.subject
    this.#series.delete(series)
    const names = this.#index.get(route)
    const left = names?.get(name)?.filter((one) => one !== series) ?? []
    if (left.length > 0) names?.set(name, left)
    else names?.delete(name)
    if (names?.size === 0) this.#index.delete(route)
  }
}
