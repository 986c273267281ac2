/** The page comes first, whatever it has made of what this needs. */
export function quietly(then: () => unknown): void {
  try {
    then()
  } catch (error) {
    console.warn('phaseline:', error)
  }
}
