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
    </Notice>
  )
}

/** Something is on its way. */
export function Waiting({ what }: { what: string }): VNode {
  return (
    <div class="wait-line" role="status">
      <span class="unseen">Loading {what}</span>
    </div>
  )
}
