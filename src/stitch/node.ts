import type { PhaseId } from '../model/phases.ts'
import type { Span } from '../model/span.ts'

const NONE: Node[] = []

/**
 * A span while its trace is being stitched. Times are plain numbers, counted from the trace's base in its unit (see `scale.ts`):
 * doubles are exact there, and many times faster than bigints.
 */
export class Node {
  /** Null for one that stitching made up: a missing parent, the common root of several. */
  readonly span: Span | null
  readonly spanId: string
  /** Corrected times. */
  start: number
  end: number
  /** The span under whose id this one came too, as Zipkin's servers do. */
  shares: Node | null = null
  parent: Node | null = null
  /** By start, then the longer first, then by id, once the tree is arranged. */
  children: Node[] = NONE
  /** Those of `children` that their parent waits for. */
  blockers: Node[] = NONE
  /** Whether its parent waits for it. */
  blocking = true
  /** It did not say when it was, or not what can be: its times are evidence of nothing. */
  untimed = false
  /** Copies of it that say different times, or hosts, were merged: it may be longer than any of them. */
  disputed = false
  /** How long it took, if it said only that. */
  lasting = 0
  /** Its parent is not the one that it named, or not surely: it was in a loop, or its own parent. */
  rehung = false
  /** The bits of its warnings, see `warnings.ts`. */
  flags: number
  depth = 0
  phase: PhaseId | null = null
  self = 0
  critical = 0
  slack = 0
  drag = 0

  constructor(span: Span | null, spanId: string, start: number, end: number, flags: number) {
    this.span = span
    this.spanId = spanId
    this.start = start
    this.end = end
    this.flags = flags
  }

  /** Becomes the last child of `parent`. */
  hang(parent: Node): void {
    this.parent = parent
    if (parent.children === NONE) parent.children = [this]
    else parent.children.push(this)
  }
}
