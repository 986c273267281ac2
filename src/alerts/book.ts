import type { Observation, Subject } from './observation.ts'
import { Series, type Addition, type SeriesData } from './series.ts'

/** How many subjects are kept apart. What comes after shares the overflow subject of its service and phase. */
const LIMIT = 10_000

const keyOf = (subject: Subject): string =>
  `${subject.service}\0${subject.phase}\0${subject.name}\0${subject.hook}\0${subject.route}`

/** All series, by subject, in bounded memory. */
export class SeriesBook {
  readonly #series = new Map<string, Series>()
  readonly #limit: number
  /** Observations that went to an overflow subject because there were too many subjects. */
  overflowed = 0

  constructor(limit: number = LIMIT) {
    this.#limit = limit
  }

  observe(observation: Observation): void {
    this.#of(observation.subject).observe(observation)
  }

  /** @param at ms since the epoch */
  add(subject: Subject, addition: Addition, at: number): void {
    this.#of(subject).add(addition, at)
  }

  get(subject: Subject): Series | undefined {
    return this.#series.get(keyOf(subject))
  }

  *[Symbol.iterator](): Generator<Series> {
    yield* this.#series.values()
  }

  get size(): number {
    return this.#series.size
  }

  /** Forgets subjects that were not seen for `ms`: a route that was removed does not stay for ever. */
  forget(now: number, ms: number): void {
    for (const [key, series] of this.#series) if (series.latest > 0 && series.latest < now - ms) this.#series.delete(key)
  }

  toData(): SeriesData[] {
    return [...this.#series.values()].map((series) => series.toData())
  }

  restore(data: readonly SeriesData[]): void {
    for (const one of data) this.#series.set(keyOf(one.subject), Series.from(one))
  }

  #of(subject: Subject): Series {
    const key = keyOf(subject)
    const found = this.#series.get(key)
    if (found !== undefined) return found
    if (this.#series.size < this.#limit) return this.#put(key, subject)
    this.overflowed++
    const rest: Subject = { service: subject.service, phase: subject.phase, name: 'other', hook: '', route: '' }
    return this.#series.get(keyOf(rest)) ?? this.#put(keyOf(rest), rest)
  }

  #put(key: string, subject: Subject): Series {
    const made = new Series(subject)
    this.#series.set(key, made)
    return made
  }
}
