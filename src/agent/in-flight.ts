import { OWN } from '../model/attributes.ts'
import { epochOrigin, now } from '../model/clock.ts'
import type { PhaseId } from '../model/phases.ts'
import type { Exit } from './export/exit.ts'
import { OPEN, type AgentPhase } from './phase.ts'
import type { TraceRecord } from './record.ts'
import { trouble } from './trouble.ts'

/** A phase that has begun and not ended. */
export interface OpenPhase {
  /** Null for a span of the app's own. */
  readonly phase: PhaseId | null
  readonly name: string
  readonly since: Date
  /** How long it has taken so far. */
  readonly ms: number
}

/** A request that has not ended. */
export interface InFlightRequest extends OpenPhase {
  readonly traceId: string
  /** What it is in just now: its open phases that have no other open phase inside. */
  readonly in: readonly OpenPhase[]
}

/** Who knows the records that have not left. */
export interface Records {
  /** Newest first. */
  records(): TraceRecord[]
  /** Lets the phases of a record go that have ended. */
  spill(record: TraceRecord): void
}

/** The requests of this process that have not ended, the oldest first. What is not recorded is not known. */
export function inFlight(keeper: Records): InFlightRequest[] {
  const [at, zero] = [now(), epochOrigin()]
  return open(keeper).map((record) => {
    const phases = openPhases(record)
    const around = new Set(phases.map(({ up }) => up))
    const inside = phases.filter((phase) => !around.has(phase))
    const root = record.root as AgentPhase
    return { traceId: record.traceId, ...told(root, at, zero), in: inside.map((phase) => told(phase, at, zero)) }
  })
}

/** Tells of each phase of the vocabulary that has been running for a second or more, and of its request's outermost. */
export type Hanging = (visit: (phase: AgentPhase, root: AgentPhase, ms: number) => void) => void

export function hanging(keeper: Records, visit: Parameters<Hanging>[0]): void {
  const at = now()
  for (const record of open(keeper))
    for (const phase of openPhases(record))
      if (phase.label.phase !== null && at - phase.started >= FIRST) visit(phase, record.root as AgentPhase, at - phase.started)
}

function told({ label, extra, started }: AgentPhase, at: number, zero: number): OpenPhase {
  return {
    phase: label.phase?.id ?? null,
    name: extra?.name ?? label.name,
    since: new Date(zero + started),
    ms: Math.max(0, at - started),
  }
}

function open(keeper: Records): TraceRecord[] {
  return keeper
    .records()
    .filter(({ root }) => root?.ended === OPEN)
    .reverse()
}

function openPhases(record: TraceRecord): AgentPhase[] {
  const phases: AgentPhase[] = []
  for (let phase = record.first; phase !== undefined; phase = phase.next) if (phase.ended === OPEN) phases.push(phase)
  return phases
}

/** In ms: a request that takes longer is sent as it is, and again after pauses that double up to the longest. */
const FIRST = 1_000
const LONGEST = 30_000
/** How many are sent at one look, of which there is one a second: a process where everything hangs does not drown its collector. */
const MOST = 100

interface Shown {
  due: number
  pause: number
}

/**
 * Sends the requests that hang while they hang: what has ended in them once and for all, what has not as a snapshot that says
 * `phaseline.in_flight` and ends now. Their ids stay, so whoever reads takes the later for the earlier.
 * @param slowerThanMs from when on a request that was not sampled leaves all the same
 * @returns stops that
 */
export function watchOpen(keeper: Records, exit: Exit, slowerThanMs: number = Infinity): () => void {
  const shown = new WeakMap<TraceRecord, Shown>()
  const look = (): void => {
    try {
      const at = now()
      const due = open(keeper).filter((record) => isDue(record, shown.get(record)?.due ?? 0, at, slowerThanMs))
      for (const record of due.slice(0, MOST)) {
        const pause = Math.min(LONGEST, (shown.get(record)?.pause ?? FIRST / 2) * 2)
        shown.set(record, { due: at + pause, pause })
        show(record, keeper, exit, at)
      }
    } catch (error) {
      trouble('showing what hangs', error)
    }
  }
  const timer = setInterval(look, FIRST).unref()
  return () => clearInterval(timer)
}

function isDue(record: TraceRecord, due: number, at: number, slowerThanMs: number): boolean {
  const { started, up } = record.root as AgentPhase
  const age = at - started
  if (age < FIRST || at < due) return false
  if (age >= slowerThanMs && up?.record.stream !== record) record.chosen = true
  return record.sampled || record.chosen
}

function show(record: TraceRecord, keeper: Records, exit: Exit, at: number): void {
  keeper.spill(record)
  let first: AgentPhase | undefined = undefined
  for (const phase of openPhases(record).reverse()) first = snapshot(phase, at, first)
  if (first !== undefined) exit.take(record, first)
}

/** A copy of an open phase, as if it ended now. */
function snapshot(phase: AgentPhase, at: number, next: AgentPhase | undefined): AgentPhase {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(phase) as object) as AgentPhase, phase)
  copy.ended = Math.max(at, phase.started)
  copy.attributes = [...(phase.attributes ?? []), OWN.inFlight, true]
  copy.next = next
  return copy
}
