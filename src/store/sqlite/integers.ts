const LARGEST = 2n ** 63n - 1n

/** A number of nanoseconds as SQLite can keep it: what is beyond 2262 is as good as its end. */
export function storable(ns: bigint): bigint {
  return ns > LARGEST ? LARGEST : ns < -LARGEST ? -LARGEST : ns
}
