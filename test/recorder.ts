import { AsyncLocalStorage } from 'node:async_hooks'
import type { AttributeValue } from '../src/model/attributes.ts'
import { now } from '../src/model/clock.ts'
import { errorType } from '../src/model/errors.ts'
import { newSpanId, newTraceId } from '../src/model/ids.ts'
import type { Label } from '../src/model/label.ts'
import { observe, type Observer, type Phase } from '../src/model/observer.ts'
import { formatTraceparent, type RemoteParent } from '../src/model/traceparent.ts'

/** A phase as it was recorded; live: a phase that has not ended has no `end`. */
export interface Recorded extends Phase {
  readonly label: Label
  readonly name: string
  /** The phase id, or null. */
  readonly id: string | null
  readonly parent: Recorded | undefined
  readonly remote: RemoteParent | undefined
  readonly children: readonly Recorded[]
  readonly start: number
  readonly finish: number | undefined
  /** The label's and its own. */
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** The `error.type`, if it failed. */
  readonly error: string | undefined
  /** In ms; of a phase that has not ended: NaN. */
  readonly duration: number
  /** The duration less what its children cover of it, in ms. */
  readonly self: number
}

export interface Recorder {
  readonly observer: Observer
  /** Every phase in the order of its beginning. */
  phases(): Recorded[]
  /**
   * One line per leaf, each the whole way to it: `gateway GET /books/:id > view bookPage > render book`. Marks what failed
   * (`view bookPage !TypeError`) and what has not ended (`view bookPage …`). Siblings in the order of their beginning.
   */
  sentences(): string[]
  /** The same as an indented tree, for reading. */
  tree(): string
  /** The first phase with this name or phase id; throws, with the tree, if there is none. */
  find(nameOrId: string): Recorded
  /** All with this name or phase id. */
  all(nameOrId: string): Recorded[]
  /** Resolves when so many traces (1) have ended, that is the phases that were `open`ed. */
  ended(traces?: number): Promise<void>
  /** Forgets what was recorded, and starts to count anew. */
  clear(): void
  /** Puts back who observed before. */
  restore(): void
}

/** Phases whose name says nothing of what they are, so that a sentence does. */
const BARE = new Set(['gateway', 'client', 'proxy', 'db'])

/**
 * Observes from now on, in memory, so that a producer's tests need no agent.
 * @param recording false: every phase opened says that nobody wants it
 */
export function recorder({ recording = true }: { recording?: boolean } = {}): Recorder {
  const current = new AsyncLocalStorage<Recorded>()
  let phases: Recorded[] = []
  let over = 0
  let waiting: { traces: number; resolve: () => void }[] = []
  const here = (): Recorded | undefined => heirOf(current.getStore())
  const closed = (opened: boolean): void => {
    if (opened) over++
    for (const { resolve } of waiting.filter(({ traces }) => traces <= over)) resolve()
    waiting = waiting.filter(({ traces }) => traces > over)
  }
  const add = (label: Label, parent?: Recorded, at?: number, remote?: RemoteParent, opened = false): Recorded => {
    const made = make(label, { parent, remote, recording, start: at ?? now(), ended: () => closed(opened), add })
    phases.push(made)
    return made
  }
  const observer: Observer = {
    open: (label, remote, at) => add(label, undefined, at, remote, true),
    begin(label, parent = here(), at) {
      return parent?.recording === true ? add(label, parent as Recorded, at) : undefined
    },
    current: here,
    run: (phase, fn, self, ...args) => current.run(phase as Recorded, () => fn.apply(self, args)),
  }
  const all = (wanted: string): Recorded[] => phases.filter(({ name, id }) => name === wanted || id === wanted)
  const roots = (): Recorded[] => phases.filter(({ parent }) => parent === undefined)
  const tree = (): string => roots().flatMap(indented).join('\n')
  return {
    observer,
    phases: () => phases.slice(),
    sentences: () => roots().flatMap(sentences),
    tree,
    all,
    find(wanted) {
      const [found] = all(wanted)
      if (found === undefined) throw new Error(`No phase "${wanted}" in:\n${tree()}`)
      return found
    },
    ended: (traces = 1) => new Promise((resolve) => (waiting.push({ traces, resolve }), closed(false))),
    clear: () => void ((phases = []), (over = 0)),
    restore: observe(observer),
  }
}

/** The phase that what runs as this one is part of by now. */
function heirOf(phase: (Recorded & { heir?: Recorded }) | undefined): Recorded | undefined {
  return phase?.heir === undefined ? phase : heirOf(phase.heir)
}

interface Beginning {
  parent: Recorded | undefined
  remote: RemoteParent | undefined
  recording: boolean
  start: number
  ended: () => void
  add: (label: Label, parent: Recorded | undefined, at: number) => Recorded
}

function make(first: Label, { parent, remote, recording, start, ended, add }: Beginning): Recorded {
  let label = first
  let finish: number | undefined
  let error: string | undefined
  const own: Record<string, AttributeValue> = {}
  const children: Recorded[] = []
  const traceId = parent?.traceId ?? remote?.traceId ?? newTraceId()
  const spanId = newSpanId()
  const made: Recorded & { heir?: Recorded } = {
    traceId,
    spanId,
    recording,
    parent,
    remote,
    children,
    start,
    set: (key, value) => void (own[key] = value),
    relabel: (next) => void (label = next),
    fail: (thrown) => void (error ??= errorType(thrown)),
    handOver: (to) => void (made.heir = to as Recorded),
    end(at = now()) {
      if (finish !== undefined) return
      finish = at
      ended()
    },
    before(earlier, from, to) {
      const phase = add(earlier, remote === undefined ? made : parent, from)
      phase.end(to)
      return phase
    },
    outlive: (further, at = now()) => add(further, made, at),
    propagate: () => ({
      traceparent: formatTraceparent(traceId, spanId, recording),
      tracestate: remote?.traceState,
      baggage: made.baggage ?? parent?.propagate().baggage,
    }),
    get label() {
      return label
    },
    get name() {
      return label.name
    },
    get id() {
      return label.phase?.id ?? null
    },
    get finish() {
      return finish
    },
    get attributes() {
      return { ...label.attributes, ...own }
    },
    get error() {
      return error
    },
    get duration() {
      return (finish ?? NaN) - start
    },
    get self() {
      return (finish ?? NaN) - start - covered(children, start, finish ?? NaN)
    },
  }
  ;(parent?.children as Recorded[] | undefined)?.push(made)
  return made
}

/** How much of an interval the phases cover, in ms. */
function covered(phases: readonly Recorded[], from: number, to: number): number {
  let sum = 0
  let until = from
  for (const { start, finish = to } of phases.toSorted((a, b) => a.start - b.start)) {
    const begin = Math.max(start, until)
    const end = Math.min(finish, to)
    if (end > begin) sum += end - begin
    until = Math.max(until, end)
  }
  return sum
}

function word(phase: Recorded): string {
  const name = phase.id !== null && BARE.has(phase.id) ? `${phase.id} ${phase.name}` : phase.name
  return name + (phase.error === undefined ? '' : ` !${phase.error}`) + (phase.finish === undefined ? ' …' : '')
}

function sentences(phase: Recorded): string[] {
  if (phase.children.length === 0) return [word(phase)]
  return phase.children.flatMap(sentences).map((rest) => `${word(phase)} > ${rest}`)
}

function indented(phase: Recorded): string[] {
  return [word(phase), ...phase.children.flatMap(indented).map((line) => `  ${line}`)]
}
