import type { Value, ValueMap } from './span.ts'

/**
 * Attributes that several spans have, one map for all: what one line of code says again and again. A plain Map with a property, and no
 * class of its own, because the engine's fast paths are for those.
 */
interface SharedAttributes extends Map<string, Value> {
  /** What was worked out of them, by the place of who did. */
  derived: unknown[]
}

/** From now on others may have these attributes, too, and nobody changes them. */
export function share(attributes: Map<string, Value>): ValueMap {
  return Object.assign(attributes, { derived: [] }) satisfies SharedAttributes
}

/** Whether others may have these, too. */
export function isShared(attributes: ValueMap): boolean {
  return (attributes as Partial<SharedAttributes>).derived !== undefined
}

let places = 0

/** What is worked out of attributes: once, of those that are shared. @param derive pure */
export function ofAttributes<Made extends object>(derive: (attributes: ValueMap) => Made): (attributes: ValueMap) => Made {
  const place = places++
  return (attributes) => {
    const { derived } = attributes as Partial<SharedAttributes>
    if (derived === undefined) return derive(attributes)
    return (derived[place] ??= derive(attributes)) as Made
  }
}
