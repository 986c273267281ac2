import type { VNode } from 'preact'
import { go } from '../navigate.ts'
import { PHASE_ORDER, phaseLook } from '../phases.ts'
import type { Board } from './board.ts'

const WINDOWS = [
  ['60000', 'Last minute'],
  ['300000', 'Last 5 min'],
  ['900000', 'Last 15 min'],
] as const

/** Everything that is a phase by itself. */
const PHASES = PHASE_ORDER.filter((id) => id !== 'other' && id !== 'gap')

interface ChoiceProps {
  readonly label: string
  readonly any: string
  readonly value: string
  readonly all: readonly string[]
  readonly choose: (value: string) => void
}

/** A choice among what there is; what the URL names is there too. */
function Choice({ label, any, value, all, choose }: ChoiceProps): VNode {
  const known = value === '' || all.includes(value) ? all : [value, ...all]
  return (
    <select class="field" aria-label={label} value={value} onChange={(event) => choose(event.currentTarget.value)}>
      <option value="">{any}</option>
      {known.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  )
}

interface Props {
  readonly board: Board
  readonly services: readonly string[]
  readonly routes: readonly string[]
}

/** Above the table: of what, of whom, since when. */
export function BoardFilters({ board, services, routes }: Props): VNode {
  const set = (change: Partial<Board>): void => go({ page: 'middleware', board: { ...board, ...change } })
  return (
    <form class="filters" aria-label="Filter the figures" onSubmit={(event) => event.preventDefault()}>
      <select
        class="field"
        aria-label="Phase"
        value={board.phase}
        onChange={(event) => set({ phase: event.currentTarget.value })}
      >
        <option value="middleware.*">Middleware, all hooks</option>
        {PHASES.map((id) => (
          <option key={id} value={id}>
            {phaseLook(id).label}
          </option>
        ))}
      </select>
      <Choice label="Service" any="Any service" value={board.service} all={services} choose={(service) => set({ service })} />
      <Choice label="Route" any="Any route" value={board.route} all={routes} choose={(route) => set({ route })} />
      <select
        class="field"
        aria-label="Since when"
        value={board.windowMs}
        onChange={(event) => set({ windowMs: event.currentTarget.value })}
      >
        {WINDOWS.map(([ms, words]) => (
          <option key={ms} value={ms}>
            {words}
          </option>
        ))}
      </select>
    </form>
  )
}
