import type { Label } from '../../src/model/label.ts'
import { observer, type Phase } from '../../src/model/observer.ts'

/** A phase with a start and a length in ms; what `inside` begins is part of it. */
export function span(what: Label, up: Phase, from: number, ms: number, inside?: (phase: Phase) => void): void {
  const phase = observer.begin(what, up, from) as Phase
  inside?.(phase)
  phase.end(from + ms)
}
