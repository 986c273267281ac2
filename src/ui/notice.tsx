import type { ComponentChildren, VNode } from 'preact'

/** Instead of content: what is the matter, and what to do. */
export function Notice({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="notice" role="status">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

/** Something failed. */
export function Failure({ error }: { error: Error }): VNode {
  return (
    <Notice title="That did not work">
      <p>{error.message}</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Try again
      </button>
    </Notice>
  )
}

/** Something is on its way. */
export function Waiting({ what }: { what: string }): VNode {
  return (
    <div role="status">
      <div class="wait-line" />
      <p class="wait-words muted">Loading {what}…</p>
    </div>
  )
}
