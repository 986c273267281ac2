/** Of so many spans a step is: some 15 ms. Between steps others get their turn, see `stitching`. */
export const STEP = 20_000

/** A list in parts of a step each; one that is short is its only part. */
export function* parts<Item>(list: readonly Item[]): Generator<readonly Item[]> {
  if (list.length <= STEP) {
    if (list.length > 0) yield list
    return
  }
  for (let from = 0; from < list.length; from += STEP) yield list.slice(from, from + STEP)
}
