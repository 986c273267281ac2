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
  /** One list for all rules that speak of the same series in the same way: what these come to is added up once. */
  readonly members: Series[]
  /** It had no series left: it is no group any more. */
  gone: boolean
}

/**
 * Which series count together for which rule: a middleware that gets slow is slow on every route, and people are told once. A rule
 * with `perRoute` keeps routes apart.
 */
export class Groups {
  readonly #rules: readonly Rule[]
  readonly #groups = new Map<string, Group>()
  /** By what the rules have in common, and the subject. */
  readonly #members = new Map<string, Series[]>()
  /** What a series belongs to never changes, so it is asked once. */
  readonly #of = new WeakMap<Series, readonly Group[]>()

  constructor(rules: readonly Rule[]) {
    // What has not ended is in no series.
    this.#rules = rules.filter(({ figure }) => figure !== 'in_flight_age')
  }

  /** Sorts all series into their groups anew: those that were forgotten are gone. */
  gather(all: Iterable<Series>): Iterable<Group> {
    for (const members of this.#members.values()) members.length = 0
    for (const series of all) for (const { members } of this.of(series)) if (members.at(-1) !== series) members.push(series)
    for (const group of this.#groups.values()) if (group.members.length === 0) this.#remove(group)
    return this.#groups.values()
  }

  /** The groups that a series belongs to. */
  of(series: Series): readonly Group[] {
    let groups = this.#of.get(series)
    if (groups === undefined || groups.some(({ gone }) => gone)) {
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
    const shared = sharedId(rule, subject)
    const members = this.#members.get(shared) ?? []
    this.#members.set(shared, members)
    const made: Group = { rule, id, subject, members, gone: false }
    this.#groups.set(id, made)
    return made
  }

  #remove(group: Group): void {
    group.gone = true
    this.#groups.delete(group.id)
    this.#members.delete(sharedId(group.rule, group.subject))
  }
}

/** The same for rules that differ in what they ask, but not of whom. */
const sharedId = ({ where, perRoute }: Rule, subject: Subject): string =>
  JSON.stringify([where.service, where.phase, where.name, where.hook, where.route, perRoute, Object.values(subject)])
