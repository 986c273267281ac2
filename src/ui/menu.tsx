import type { ComponentChildren, VNode } from 'preact'
import { useCallback, useRef } from 'preact/hooks'

/** What is wanted now and then, behind one button. Escape, a click elsewhere and leaving it with Tab close it. @param name of the button */
export function Menu({ name, children }: { name: string; children: ComponentChildren }): VNode {
  const box = useRef<HTMLDetailsElement>(null)
  const close = useCallback((event: Event) => {
    const to = event instanceof FocusEvent ? event.relatedTarget : event.target
    if (!box.current?.contains(to as Node | null)) shut(box.current)
  }, [])
  // While it is open only: a table has dozens of these.
  const toggled = (): void => {
    if (box.current?.open === true) document.addEventListener('pointerdown', close)
    else document.removeEventListener('pointerdown', close)
  }
  return (
    <details
      ref={box}
      class="menu"
      onToggle={toggled}
      onFocusOut={(event) => event.relatedTarget !== null && close(event)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || box.current?.open !== true) return
        event.stopPropagation()
        shut(box.current)
        box.current.querySelector('summary')?.focus()
      }}
    >
      <summary class="button quiet square" aria-label={name} title={name}>
        <span aria-hidden="true">⋯</span>
      </summary>
      <div class="choices">{children}</div>
    </details>
  )
}

function shut(box: HTMLDetailsElement | null): void {
  if (box !== null) box.open = false
}
