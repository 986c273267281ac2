/**
 * What the caller of a driver gets instead of the driver's promise: it settles in the same way, after it was told to us. To listen
 * to the driver's promise beside the caller would change two things: Node would no longer say that nobody handles a rejection, and
 * the stack of an error would no longer lead back to the code that awaits it, since V8 follows a promise with one listener only.
 */
export function settling<Value>(
  promise: Promise<Value>,
  fulfilled: (value: Value) => void,
  rejected: (error: unknown) => void,
): Promise<Value> {
  return promise.then(
    (value) => {
      fulfilled(value)
      return value
    },
    (error: unknown) => {
      rejected(error)
      throw error
    },
  )
}
