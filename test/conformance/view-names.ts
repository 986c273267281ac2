/** What the kit calls our views. */
export const viewNames = new WeakMap<object, string>()
