import { idOf } from './alert.ts'
import type { Subject } from './observation.ts'
import { matches, type Rule } from './rule.ts'
import type { Series } from './series.ts'

/** What one alert is about: a rule, and the series that count together for it. */
export interface Group {
  readonly rule: Rule
  /** Of its alert. */
  readonly id: string
  /** With an empty route where all routes count together. */
  readonly subject: Subject
  readonly members: Series[]
}

/**
 * Which series count together for which rule: a middleware that gets slow is slow on every route, and people are told once. A rule
 * with `perRoute` keeps routes apart.
 */
export class Groups {
  readonly #rules: readonly Rule[]
  readonly #groups = new Map<string, Group>()
  /** What a series belongs to never changes, so it is asked once. */
  readonly #of = new WeakMap<Series, readonly Group[]>()

  constructor(rules: readonly Rule[]) {
    // What has not ended is in no series.
    this.#rules = rules.filter(({ figure }) => figure !== 'in_flight_age')
  }

  /** Sorts all series into their groups anew: those that were forgotten are gone. */
  gather(all: Iterable<Series>): Iterable<Group> {
    for (const { members } of this.#groups.values()) members.length = 0
    for (const series of all) for (const group of this.of(series)) group.members.push(series)
    for (const [id, { members }] of this.#groups) if (members.length === 0) this.#groups.delete(id)
    return this.#groups.values()
  }

  /** The groups that a series belongs to. */
  of(series: Series): readonly Group[] {
    let groups = this.#of.get(series)
    if (groups === undefined || groups.some(({ id }) => !this.#groups.has(id))) {
      const { subject } = series
      groups = this.#rules.filter(({ where }) => matches(where, { ...subject })).map((rule) => this.#group(rule, subject))
      this.#of.set(series, groups)
    }
    return groups
  }

  /** The series behind an alert, as of the last `gather`. */
  members(id: string): readonly Series[] {
    return this.#groups.get(id)?.members ?? []
  }

  #group(rule: Rule, of: Subject): Group {
    const subject = rule.perRoute ? of : { ...of, route: '' }
    const id = idOf(rule, subject)
    const found = this.#groups.get(id)
    if (found !== undefined) return found
    const made: Group = { rule, id, subject, members: [] }
    this.#groups.set(id, made)
    return made
  }
}
