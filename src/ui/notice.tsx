import type { ComponentChildren, VNode } from 'preact'
import { ApiError } from './api.ts'

interface Props {
  readonly title: string
  readonly children: ComponentChildren
  /** There is nothing else on the page. */
  readonly alone?: boolean
}

/** Instead of content: what is the matter, and what to do. */
export function Notice({ title, children, alone = false }: Props): VNode {
  const Title = alone ? 'h1' : 'h2'
  return (
    <section class="notice" role="status">
      <Title>{title}</Title>
      {children}
    </section>
  )
}

/** Something failed; what the address asks for and the collector does not understand, fails again. @param plain a page that works */
export function Failure({ error, plain }: { error: Error; plain?: string }): VNode {
  if (plain !== undefined && error instanceof ApiError && error.code === 'bad_parameter')
    return (
      <Notice title="This address asks for something unknown">
        <p>{error.message}</p>
        <a class="button" href={plain}>
          Without that
        </a>
      </Notice>
    )
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
