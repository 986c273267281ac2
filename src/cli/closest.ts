/** The one of `words` that `typed` was probably meant to be: at most a third of its letters wrong, or none. */
export function closest(typed: string, words: readonly string[]): string | undefined {
  const [best] = words.map((word) => ({ word, away: distance(typed, word) })).toSorted((a, b) => a.away - b.away)
  return best !== undefined && best.away <= Math.max(1, Math.floor(best.word.length / 3)) ? best.word : undefined
}

/** Letters to insert, delete, replace or swap with their neighbour (Damerau's distance, restricted). */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : i)))
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const cost = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + same,
        swapped ? at(i - 2, j - 2) + 1 : Infinity,
      )
      ;(rows[i] as number[])[j] = cost
    }
  }
  return at(a.length, b.length)
}
