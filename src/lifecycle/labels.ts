import { OWN, type Attributes } from '../model/attributes.ts'
import { label, labels, type Label } from '../model/label.ts'
import type { PhaseId } from '../model/phases.ts'

/** The hooks by their phases. Names on spans are Django's, so that they read the same in every language. */
export type HookName = 'process_request' | 'process_view' | 'process_exception' | 'process_template_response' | 'process_response'

const PHASE_OF: Readonly<Record<HookName, PhaseId>> = {
  process_request: 'middleware.request',
  process_view: 'middleware.view',
  process_exception: 'middleware.exception',
  process_template_response: 'middleware.template_response',
  process_response: 'middleware.response',
}

export interface Named {
  readonly name: string
  /** Its place in the settings, from 0. */
  readonly index: number
  /** Where the application was put together. */
  readonly site?: Attributes | undefined
}

export function hookLabel({ name, index, site }: Named, hook: HookName, functionName: string): Label {
  return label(PHASE_OF[hook], `${name} ${hook}`, {
    [OWN.middlewareName]: name,
    [OWN.middlewareHook]: hook,
    [OWN.middlewareIndex]: index,
    'code.function.name': functionName,
    ...site,
  })
}

const viewLabels = new WeakMap<object, Label>()

/** The label of a view. @param attributes of where its code is */
export function viewLabel(view: object & { readonly name: string }, attributes: Attributes = {}): Label {
  let made = viewLabels.get(view)
  if (made === undefined) {
    const name = view.name === '' ? 'anonymous' : view.name
    viewLabels.set(view, (made = label('view', `view ${name}`, { 'code.function.name': name, ...attributes })))
  }
  return made
}

/** The label of an error handler: it stands where `process_exception` does. */
export const errorHandlerLabels: (key: string) => Label = labels('middleware.exception', (key) => key)
