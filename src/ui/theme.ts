import { useEffect, useState } from 'preact/hooks'

/** What the person chose: follow the system, or one of the two. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'phaseline.theme'
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' }
const THEMED = 'phaseline:themed'

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system' // storage may be forbidden
  }
}

/** Puts a theme on the page and remembers it. */
function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // remembered for this page only
  }
  window.dispatchEvent(new Event(THEMED))
}

/** The theme, and a function that goes on to the next. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(remembered)
  useEffect(() => apply(theme), [theme])
  return [theme, () => setTheme((former) => NEXT[former])]
}

/** A number that changes whenever colours do: for what is painted on a canvas. */
export function useColours(): number {
  const [version, setVersion] = useState(0)
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const changed = (): void => setVersion((former) => former + 1)
    window.addEventListener(THEMED, changed)
    system.addEventListener('change', changed)
    return () => {
      window.removeEventListener(THEMED, changed)
      system.removeEventListener('change', changed)
    }
  }, [])
  return version
}
