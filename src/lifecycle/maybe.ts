/** A value that is there, or will be. Synchronous code stays synchronous: an `await` per hook is what an idle middleware would cost. */
export type Maybe<T> = T | Promise<T>

export function isPromise<T>(value: Maybe<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/**
 * Goes on with the value: at once if it is there, else when it is. (Not `then`: a module that exports a `then` is a thenable,
 * and `import()` of it would call it.)
 */
export function andThen<T, R>(value: Maybe<T>, goOn: (value: T) => Maybe<R>): Maybe<R> {
  return isPromise(value) ? value.then(goOn) : goOn(value)
}

/** `try`/`catch` for both: what `fn` throws or rejects with goes to `rescue`. */
export function attempt<T>(fn: () => Maybe<T>, rescue: (error: unknown) => Maybe<T>): Maybe<T> {
  try {
    const value = fn()
    return isPromise(value) ? value.then(undefined, rescue) : value
  } catch (error) {
    return rescue(error)
  }
}
