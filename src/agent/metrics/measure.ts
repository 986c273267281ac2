import { OWN } from '../../model/attributes.ts'
import { OPEN, type AgentPhase } from '../phase.ts'
import type { TraceRecord } from '../record.ts'
import type { SeriesBook } from './series.ts'

/** Of each phase: how much is covered by what is inside it; up to where; where the last of these began. In ms. */
const COVERED = 0
const UNTIL = 1
const LATEST = 2
const FIELDS = 3

/** Phases of a record that has not been spilled, by their index: no more than the keeper lets be before it spills. */
let scratch: Float64Array = new Float64Array(FIELDS * 2_048)

/**
 * Adds ended phases of one record to their series: the self time of each, which is its duration less the union of what is
 * inside it. One pass over phases that began in order; exact for those that did not, but for records that left in pieces.
 * @param shown whether the spans leave: then they may be exemplars
 */
export function measure(book: SeriesBook, record: TraceRecord, first: AgentPhase, shown: boolean): void {
  const pieces = record.covered !== undefined || !record.left
  if (pieces) coverPieces(record, first)
  else coverAll(record, first)
  const root = rootOf(record)
  for (let phase: AgentPhase | undefined = first; phase !== undefined; phase = phase.next) {
    if (phase.label.phase === null || (record.abandoned && inFlight(phase))) continue
    const inside = pieces ? (record.covered?.get(phase)?.[COVERED] ?? 0) : (scratch[phase.index * FIELDS] as number)
    // NaN: they did not begin in order.
    const covered = inside === inside ? inside : union(phase, first)
    const own = phase.ended - phase.started - covered
    const self = own > 0 ? own / 1e3 : 0
    const whole = ((root.ended === OPEN ? phase.ended : root.ended) - root.started) / 1e3
    const series = book.of(phase.label, root.label)
    series.self.record(self)
    if (self < whole) series.share += self / whole
    else if (whole > 0) series.share++
    if (phase.status === 2) series.errors++
    if (shown) series.example(phase, self)
  }
  if (pieces)
    for (let phase: AgentPhase | undefined = first; phase !== undefined; phase = phase.next) record.covered?.delete(phase)
}

/** The outermost phase; of what went on after its request had left, that request's. */
function rootOf(record: TraceRecord): AgentPhase {
  let root = record.root as AgentPhase
  while (root.up !== undefined && root.up.record.root !== undefined && root.up.record !== root.record) {
    root = root.up.record.root
  }
  return root
}

function inFlight({ attributes = [] }: AgentPhase): boolean {
  return attributes.includes(OWN.inFlight)
}

function coverAll(record: TraceRecord, first: AgentPhase): void {
  if (record.count * FIELDS > scratch.length) scratch = new Float64Array(record.count * FIELDS * 2)
  for (let phase: AgentPhase | undefined = first; phase !== undefined; phase = phase.next) {
    begin(scratch, phase.index * FIELDS, phase.started)
    const { up } = phase
    if (up !== undefined && up.record === record) cover(scratch, up.index * FIELDS, up, phase)
  }
}

/** The same where some phases have left already, or do now before those around them. */
function coverPieces(record: TraceRecord, first: AgentPhase): void {
  const covered = (record.covered ??= new Map())
  for (let phase: AgentPhase | undefined = first; phase !== undefined; phase = phase.next) {
    const { up } = phase
    if (up === undefined || up.record !== record) continue
    let fields = covered.get(up)
    if (fields === undefined) {
      fields = new Float64Array(FIELDS)
      begin(fields, 0, up.started)
      covered.set(up, fields)
    }
    cover(fields, 0, up, phase, true)
  }
}

function begin(fields: Float64Array, at: number, started: number): void {
  fields[at + COVERED] = 0
  fields[at + UNTIL] = started
  fields[at + LATEST] = -Infinity
}

/** Adds a phase to the one around it. */
function cover(fields: Float64Array, at: number, up: AgentPhase, inner: AgentPhase, roughly = false): void {
  const { started, ended } = inner
  const to = up.ended !== OPEN && up.ended < ended ? up.ended : ended
  const until = fields[at + UNTIL] as number
  if (started < (fields[at + LATEST] as number) && !roughly) fields[at + COVERED] = NaN
  else fields[at + LATEST] = started
  const from = started > until ? started : until
  if (to <= from) return
  fields[at + COVERED]! += to - from
  fields[at + UNTIL] = to
}

/** How much of a phase is covered by those inside it, in ms, whatever their order. */
function union(phase: AgentPhase, first: AgentPhase): number {
  const inside: AgentPhase[] = []
  for (let other: AgentPhase | undefined = first; other !== undefined; other = other.next) {
    if (other.up === phase) inside.push(other)
  }
  const fields = new Float64Array(FIELDS)
  begin(fields, 0, phase.started)
  for (const inner of inside.toSorted((a, b) => a.started - b.started)) cover(fields, 0, phase, inner)
  return fields[COVERED] as number
}
