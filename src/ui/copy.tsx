import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Milliseconds that "copied" is shown. */
const SHOWN = 1500

/** A button that copies a text. */
export function Copy({ text, what, label = 'Copy' }: { text: string; what: string; label?: string }): VNode {
  const [state, setState] = useState('')
  useEffect(() => {
    if (state === '') return undefined
    const timer = setTimeout(() => setState(''), SHOWN)
    return () => clearTimeout(timer)
  }, [state])
  const copy = (): void => {
    // Where the page came over plain http from another machine there is no clipboard.
    const copied = (navigator.clipboard as Clipboard | undefined)?.writeText(text) ?? Promise.reject(new Error('none'))
    copied.then(
      () => setState('Copied'),
      () => setState('Not allowed'),
    )
  }
  return (
    <button type="button" class="button copy" aria-label={`Copy ${what}`} onClick={copy}>
      <span aria-live="polite">{state === '' ? label : state}</span>
    </button>
  )
}
