import { useEffect, useState } from 'preact/hooks'

/** Something that is on its way, is there, or failed. `data` stays while it is loaded anew. */
export interface Loaded<T> {
  readonly data: T | undefined
  readonly error: Error | undefined
  readonly busy: boolean
}

/**
 * Loads with a function; anew when the function changes, so memoise it. What was asked for before is aborted.
 * @returns what is there so far
 */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, error: undefined, busy: true })
  useEffect(() => {
    const abort = new AbortController()
    setState((former) => ({ ...former, busy: true }))
    load(abort.signal).then(
      (data) => abort.signal.aborted || setState({ data, error: undefined, busy: false }),
      (error: Error) => abort.signal.aborted || setState((former) => ({ data: former.data, error, busy: false })),
    )
    return () => abort.abort()
  }, [load])
  return state
}
