import { useEffect } from 'preact/hooks'
import { typing } from '../typing.ts'

const STEP: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }

function press(event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  if (event.key === '/' && !typing(event.target)) {
    event.preventDefault()
    document.querySelector<HTMLElement>('.search')?.focus()
    return
  }
  const step = STEP[event.key]
  if (step === undefined || typing(event.target)) return
  const rows = [...document.querySelectorAll<HTMLElement>('a.request')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  event.preventDefault()
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))]?.focus()
}

/** ↑ ↓ j k go through the list, / to the search; Enter is the link's own. */
export function useListKeys(): void {
  useEffect(() => {
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
}
