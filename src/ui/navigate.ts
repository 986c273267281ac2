import { useEffect, useState } from 'preact/hooks'
import { hrefOf, placeOf, type Place } from './location.ts'

const here = (): Place => placeOf(new URL(window.location.href))
const MOVED = 'phaseline:moved'

/** Goes to a place. @param replace without a new entry in the history, for what changes while typing */
export function go(place: Place, replace = false): void {
  const href = hrefOf(place)
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  window.dispatchEvent(new Event(MOVED))
}

/** Plain clicks on links inside the page change the place without loading it anew; all others are the browser's. */
function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.('a')
  if (event.defaultPrevented || link == null || link.origin !== window.location.origin || link.target !== '') return
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  if (link.pathname.startsWith('/api/')) return
  event.preventDefault()
  go(placeOf(new URL(link.href)))
  window.scrollTo(0, 0)
}

/** Where the page is, kept up to date. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here)
  useEffect(() => {
    const update = (): void => setPlace(here())
    window.addEventListener('popstate', update)
    window.addEventListener(MOVED, update)
    document.addEventListener('click', follow)
    return () => {
      window.removeEventListener('popstate', update)
      window.removeEventListener(MOVED, update)
      document.removeEventListener('click', follow)
    }
  }, [])
  return place
}
