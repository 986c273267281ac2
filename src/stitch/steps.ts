/** Of so many spans a step is: some 15 ms. Between steps others get their turn, see `stitching`. */
export const STEP = 20_000

/** A trace of so few spans is stitched in a millisecond or two, at once: to go on after a `yield` costs as much as to look at a span. */
export const FEW = 1_000

/** A list in parts of a step each; one that is short is itself its only part. */
export function parts<Item>(list: readonly Item[]): readonly (readonly Item[])[] {
  if (list.length <= STEP) return [list]
  return Array.from({ length: Math.ceil(list.length / STEP) }, (_, step) => list.slice(step * STEP, (step + 1) * STEP))
}
