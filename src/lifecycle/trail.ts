import { OWN, type AttributeValue } from '../model/attributes.ts'
import { now } from '../model/clock.ts'
import { errorType } from '../model/errors.ts'
import type { Label } from '../model/label.ts'
import type { Phase } from '../model/observer.ts'

/** A step of a request, kept for its debug page. */
export class Step {
  label: Label
  /** The phase of whoever observes, if somebody does. */
  readonly inner: Phase | undefined
  /** In ms of `now()`. */
  readonly start: number = now()
  finish: number | undefined
  outcome = ''

  constructor(label: Label, inner: Phase | undefined) {
    this.label = label
    this.inner = inner
  }

  set(key: string, value: AttributeValue): void {
    if (key === OWN.outcome) this.outcome ||= String(value)
    if (key === 'error.type') this.outcome = String(value)
    this.inner?.set(key, value)
  }

  relabel(label: Label): void {
    this.label = label
    this.inner?.relabel(label)
  }

  fail(error: unknown): void {
    this.outcome = errorType(error)
    this.inner?.fail(error)
  }

  end(): void {
    this.finish ??= now()
    this.inner?.end()
  }
}
