/** Two things of different sizes: alerts are written down at each change, series once a minute. */
export type Part = 'alerts' | 'series'

/** Where the engine keeps what must survive a restart. Both may fail without harm: then it starts afresh, or keeps less. */
export interface Memory {
  load(part: Part): string | null
  save(part: Part, text: string): void
}

const FORMAT = 4

/** Writes a part down. */
export function remember(memory: Memory | undefined, part: Part, data: object): void {
  try {
    memory?.save(part, JSON.stringify({ format: FORMAT, ...data }))
  } catch {
    // A full disk must not stop the alerts; the next save tries again.
  }
}

/** A part as it was written down, if that can be read. */
export function recall(memory: Memory | undefined, part: Part): object | undefined {
  try {
    const kept = JSON.parse(memory?.load(part) ?? 'null') as { format: number } | null
    return kept?.format === FORMAT ? kept : undefined
  } catch {
    return undefined
  }
}
