import type { Summary } from '../../model/summary.ts'
import type { Store } from '../../store/contract.ts'
import type { Window, WindowsQuery } from './query.ts'

/** A window is looked at in so many pieces: a list begins with the newest, and those would stand for all. */
const PIECES = 8
const EACH = 100

/** Requests that ended, taken evenly from all over a window. */
export interface Sample {
  readonly items: readonly Summary[]
  /** There are more. */
  readonly more: boolean
}

const nanos = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n

/** Looks into a window: all that is there if that is little, some of each piece of it otherwise. */
export async function sample(store: Store, { service, route }: WindowsQuery, { from, to }: Window): Promise<Sample> {
  const step = (to - from) / PIECES
  const pages = await Promise.all(
    Array.from({ length: PIECES }, (_, piece) =>
      store.search({
        ...(service !== '' && { service }),
        ...(route !== '' && { route }),
        from: nanos(from + piece * step),
        to: nanos(from + (piece + 1) * step),
        inFlight: false,
        limit: EACH,
      }),
    ),
  )
  return { items: pages.flatMap(({ items }) => items), more: pages.some(({ next }) => next !== null) }
}

/** So many of them, as evenly. */
export function some<T>(items: readonly T[], most: number): T[] {
  const step = items.length / most
  return step <= 1 ? [...items] : Array.from({ length: most }, (_, place) => items[Math.floor(place * step)] as T)
}
