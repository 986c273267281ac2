import { setImmediate } from 'node:timers/promises'

/** Milliseconds. Spans come in meanwhile, and others ask. */
const SLICE = 10

/** Long work takes turns: awaited between its steps, this gives others theirs where the slice is over. */
export function turns(): () => Promise<void> | undefined {
  let end = performance.now() + SLICE
  return () => {
    if (performance.now() < end) return undefined
    return setImmediate().then(() => void (end = performance.now() + SLICE))
  }
}

/**
 * A list as JSON, a piece for each slice of the time that its items take.
 * @param items each as JSON @param head what is written before `[`, and after `]`
 */
export async function* listInSlices(
  items: AsyncIterable<string>,
  head: string,
  tail: (count: number) => string,
): AsyncGenerator<string> {
  let piece = `${head}[`
  let count = 0
  let end = performance.now() + SLICE
  for await (const item of items) {
    piece += `${count++ === 0 ? '' : ','}${item}`
    if (performance.now() < end) continue
    yield piece
    await setImmediate()
    piece = ''
    end = performance.now() + SLICE
  }
  yield `${piece}]${tail(count)}`
}
