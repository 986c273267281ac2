import { useCallback, useEffect, useState } from 'preact/hooks'

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

/** Whether somebody can see the page. */
function useVisible(): boolean {
  const [visible, setVisible] = useState(!document.hidden)
  useEffect(() => {
    const look = (): void => setVisible(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return visible
}

/**
 * Loads again and again, a while after each answer, as long as somebody can see the page.
 * @param load memoise it: when it changes, it is asked at once
 * @param everyMs milliseconds between an answer and the next question
 */
export function usePolled<T>(load: (signal: AbortSignal) => Promise<T>, everyMs: number): Loaded<T> {
  const [turn, setTurn] = useState(0)
  const visible = useVisible()
  // A new function for each turn makes it load again.
  const loaded = useLoaded(useCallback((signal: AbortSignal) => load(signal), [load, turn]))
  useEffect(() => {
    if (loaded.busy || !visible) return undefined
    const timer = setTimeout(() => setTurn((former) => former + 1), everyMs)
    return () => clearTimeout(timer)
  }, [loaded.busy, visible, everyMs])
  return loaded
}
