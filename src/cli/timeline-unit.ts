/** In what all times of a timeline are written. */
export interface Unit {
  readonly name: 'ms' | 's'
  readonly text: (ns: bigint) => string
}

/** Milliseconds, or of what took long seconds; as many digits as the whole needs in eight columns, so that the points stand above each other. */
export function unitOf(whole: bigint): Unit {
  const [name, size] = whole < 100_000_000_000n ? (['ms', 1e6] as const) : (['s', 1e9] as const)
  const most = Number(whole) / size
  const digits = most < 100 ? 3 : most < 1_000 ? 2 : 1
  return { name, text: (ns) => (Number(ns) / size).toFixed(digits) }
}
