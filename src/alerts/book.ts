import type { PhaseId } from '../model/phases.ts'
import type { Observation, Subject } from './observation.ts'
import { Series, type Addition, type SeriesData } from './series.ts'

/** How many subjects are kept apart. What comes after shares the overflow subject of its service and phase. */
const LIMIT = 10_000

/** All series, by subject, in bounded memory. */
export class SeriesBook {
  readonly #series = new Set<Series>()
  /** By route, then by name: what is left to compare are a few. No texts are joined to find one, because every span asks. */
  readonly #index = new Map<string, Map<string, Series[]>>()
  readonly #limit: number
  /** Services whose own metrics say what their phases took. */
  readonly #metered = new Set<string>()
  /** Observations that went to an overflow subject because there were too many subjects. */
  overflowed = 0

  constructor(limit: number = LIMIT) {
    this.#limit = limit
  }

  observe(observation: Observation): void {
    this.#at(observation.subject).observe(observation)
  }

  /** @param at ms since the epoch */
  add(subject: Subject, addition: Addition, at: number): void {
    this.#at(subject).add(addition, at)
  }

  /** From now on the timelines of a service give it exemplars only: its metrics count all requests, not the sampled ones. */
  meter(service: string): void {
    if (this.#metered.size < this.#limit) this.#metered.add(service)
  }

  /** Whether the timelines of a service count. */
  counts(service: string): boolean {
    return this.#metered.size === 0 || !this.#metered.has(service)
  }

  get({ service, phase, name, hook, route }: Subject): Series | undefined {
    return this.#find(service, phase, name, hook, route)
  }

  *[Symbol.iterator](): Generator<Series> {
    yield* this.#series.values()
  }

  get size(): number {
    return this.#series.size
  }

  /** Forgets subjects that were not seen for `ms`: a route that was removed does not stay for ever. */
  forget(now: number, ms: number): void {
    for (const series of this.#series) if (series.latest > 0 && series.latest < now - ms) this.#remove(series)
  }

  toData(): SeriesData[] {
    return [...this.#series].map((series) => series.toData())
  }

  restore(data: readonly SeriesData[]): void {
    for (const one of data) this.#put(Series.from(one))
  }

  /** The series of a subject; the overflow series of its service and phase if there is no room for another one. */
  of(service: string, phase: PhaseId, name: string, hook: string, route: string): Series {
    const found = this.#find(service, phase, name, hook, route)
    if (found !== undefined) return found
    if (this.#series.size < this.#limit) return this.#put(new Series({ service, phase, name, hook, route }))
    this.overflowed++
    const rest = { service, phase, name: 'other', hook: '', route: '' }
    return this.get(rest) ?? this.#put(new Series(rest))
  }

  #at({ service, phase, name, hook, route }: Subject): Series {
    return this.of(service, phase, name, hook, route)
  }

  #find(service: string, phase: PhaseId, name: string, hook: string, route: string): Series | undefined {
    const some = this.#index.get(route)?.get(name)
    if (some === undefined) return undefined
    for (const series of some) {
      const { subject } = series
      if (subject.phase === phase && subject.hook === hook && subject.service === service) return series
    }
    return undefined
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
