/** Gives a function the name and the length of the one that it stands for: both are read by others, the length by Express itself. */
export function likeness<Wrapped extends object>(
  wrapped: Wrapped,
  original: { readonly name: string; readonly length: number },
): Wrapped {
  Object.defineProperty(wrapped, 'name', { value: original.name, configurable: true })
  Object.defineProperty(wrapped, 'length', { value: original.length, configurable: true })
  return wrapped
}
