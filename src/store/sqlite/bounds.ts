import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Filter } from '../contract.ts'

/** Doubles are this far off for times of today, in ns; who looks through them checks the exact values of what is left. */
export const COARSE = 1_024

/** When the traces of a block started and how long they took, at least and at most, in ns. */
interface Bounds {
  readonly leastStart: number
  readonly mostStart: number
  readonly leastDuration: number
  readonly mostDuration: number
}

/**
 * Says of most blocks, without reading them, that nothing in them is within a filter's times: traces come roughly in the order of their
 * starts. Measured at 10 million spans: a second of the past took 42 ms without.
 */
export class BlockBounds {
  private readonly known = new Map<number, Bounds>()
  private readonly insert: StatementSync
  private readonly remove: StatementSync
  private readonly select: StatementSync

  constructor(database: DatabaseSync) {
    this.insert = database.prepare('INSERT OR REPLACE INTO bounds VALUES (?, ?, ?, ?, ?)')
    this.remove = database.prepare('DELETE FROM bounds WHERE block < ?')
    this.select = database.prepare('SELECT * FROM bounds')
  }

  /** Learns what is in the table. */
  restart(): void {
    this.known.clear()
    const rows = this.select.iterate() as Iterable<unknown>
    for (const row of rows as Iterable<Bounds & { block: number }>) this.known.set(row.block, row)
  }

  /** A block was written. */
  learn(block: number, starts: Float64Array, durations: Float64Array): void {
    let [leastStart, mostStart, leastDuration, mostDuration] = [Infinity, -Infinity, Infinity, -Infinity]
    for (const start of starts) {
      if (start < leastStart) leastStart = start
      if (start > mostStart) mostStart = start
    }
    for (const duration of durations) {
      if (duration < leastDuration) leastDuration = duration
      if (duration > mostDuration) mostDuration = duration
    }
    this.known.set(block, { leastStart, mostStart, leastDuration, mostDuration })
    this.insert.run(block, leastStart, mostStart, leastDuration, mostDuration)
  }

  /** Whether a row of the block may be within the filter's times; also if nothing is known of it. */
  mayHold(block: number, { from, to, minDurationNs, maxDurationNs }: Filter): boolean {
    const bounds = this.known.get(block)
    if (bounds === undefined) return true
    const { leastStart, mostStart, leastDuration, mostDuration } = bounds
    return overlap(leastStart, mostStart, from, to) && overlap(leastDuration, mostDuration, minDurationNs, maxDurationNs)
  }

  /** Blocks before this one are gone. */
  removeBefore(block: number): void {
    this.remove.run(block)
    for (const one of this.known.keys()) if (one < block) this.known.delete(one)
  }
}

function overlap(least: number, most: number, low: bigint | undefined, high: bigint | undefined): boolean {
  return (low === undefined || most >= Number(low) - COARSE) && (high === undefined || least <= Number(high) + COARSE)
}
