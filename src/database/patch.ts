// eslint-disable-next-line typescript/no-explicit-any -- a driver's method, whatever it takes
export type Method = (this: any, ...args: any[]) => any

/**
 * Puts `wrap(original)` in a method's place.
 * @returns a function that puts the original back, unless somebody else has wrapped the method since: then ours stays under theirs
 */
export function patch(target: object, name: string, wrap: (original: Method) => Method): () => void {
  const owner = target as Record<string, Method | undefined>
  const original = owner[name]
  if (typeof original !== 'function') return () => {}
  const wrapped = wrap(original)
  Object.defineProperty(wrapped, 'name', { value: original.name, configurable: true })
  Object.defineProperty(wrapped, 'length', { value: original.length, configurable: true })
  owner[name] = wrapped
  return () => {
    if (owner[name] === wrapped) owner[name] = original
  }
}
