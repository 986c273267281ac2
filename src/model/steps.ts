/** What takes long is worked out by a generator that yields between its steps. @returns what it makes, all steps taken at once */
export function atOnce<Made>(steps: Generator<void, Made>): Made {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** The same with others having their turn. @param turn resolves when they had it */
export async function inTurns<Made>(steps: Generator<void, Made>, turn: () => Promise<unknown>): Promise<Made> {
  for (;;) {
    await turn()
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
