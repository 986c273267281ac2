import { useEffect } from 'preact/hooks'
import { typing } from '../typing.ts'
import { actOf } from './keys.ts'
import type { Act } from './state.ts'

/** In the search field: Enter goes to the next match, Esc leaves. */
function inField(event: KeyboardEvent, dispatch: (act: Act) => void): void {
  const field = event.target as HTMLElement
  if (event.key === 'Enter' && field.classList.contains('search')) dispatch({ type: 'match', direction: event.shiftKey ? -1 : 1 })
  if (event.key === 'Escape') field.blur()
}

/** The help on keys is a button's. */
function showKeys(button: HTMLElement | null): void {
  button?.focus()
  button?.click()
}

const MOVES: ReadonlySet<Act['type']> = new Set(['step', 'first', 'last', 'in', 'out', 'match'])

/** Keys work wherever the focus is, except in fields; Enter and the arrows on a button are the button's. */
export function useTimelineKeys(dispatch: (act: Act) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (typing(event.target)) return inField(event, dispatch)
      if (event.key === 'Enter' && event.target instanceof Element && event.target.matches('button, a')) return
      if (event.key === '/' && !event.ctrlKey && !event.metaKey) {
        event.preventDefault()
        return document.querySelector<HTMLElement>('.tools .search')?.focus()
      }
      const keys = document.querySelector<HTMLElement>('.tools .keys')
      if (event.key === '?') return showKeys(keys)
      // It closes when it loses the focus.
      if (event.key === 'Escape' && keys !== null && document.activeElement === keys) return keys.blur()
      const act = actOf(event)
      if (act === undefined) return
      event.preventDefault()
      // Who moves among the rows is in the waterfall: what is selected is read aloud there.
      if (document.activeElement === document.body && MOVES.has(act.type))
        document.querySelector<HTMLElement>('.waterfall')?.focus({ preventScroll: true })
      dispatch(act)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [dispatch])
}
