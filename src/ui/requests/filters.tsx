import type { VNode } from 'preact'
import { narrowed, NO_FILTER, type Filter } from '../filter.ts'
import { timeOfDay } from '../format.ts'
import { hrefOf } from '../location.ts'
import { go } from '../navigate.ts'
import { PHASE_ORDER, phaseLook } from '../phases.ts'
import { windowsFrom } from '../windows/windows.ts'

const STATUSES = ['2xx', '3xx', '4xx', '5xx']

/** Everything that can have happened to a request. */
const PHASES = PHASE_ORDER.filter((id) => id !== 'other' && id !== 'gap')

interface Props {
  readonly filter: Filter
  /** What is in the list, to choose from. */
  readonly services: readonly string[]
  readonly routes: readonly string[]
  readonly middlewares: readonly string[]
}

/** What there is to choose from, and what is chosen. */
function withChosen(all: readonly string[], chosen: string): readonly string[] {
  return chosen === '' || all.includes(chosen) ? all : [chosen, ...all]
}

const MINUTE = 60_000
const TIMES: readonly (readonly [ms: number, words: string])[] = [
  [5 * MINUTE, 'Last 5 min'],
  [15 * MINUTE, 'Last 15 min'],
  [60 * MINUTE, 'Last hour'],
  [24 * 60 * MINUTE, 'Last day'],
]

/** A time that was chosen is what it was when it was chosen: the chip says which. */
const PICKED = 'picked'

function timeOf({ from, to }: Filter): string {
  return from === '' && to === '' ? '' : PICKED
}

function stateOf({ error, inFlight }: Filter): string {
  return inFlight !== '' ? 'inFlight' : error !== '' ? 'error' : ''
}

interface ChoiceProps {
  readonly name: string
  readonly all: readonly string[]
  readonly chosen: string
  readonly choose: (event: Event) => void
}

/** One of what there is. */
function Choice({ name, all, chosen, choose }: ChoiceProps): VNode {
  return (
    <select class="field" aria-label={name} value={chosen} onChange={choose}>
      <option value="">Any {name.toLowerCase()}</option>
      {withChosen(all, chosen).map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  )
}

/** Since when. */
function TimeField({ filter }: { filter: Filter }): VNode {
  const set = (event: Event): void => {
    const ms = Number((event.currentTarget as HTMLSelectElement).value)
    // Without an end: what arrives from now on belongs to it.
    go({ page: 'requests', filter: { ...filter, from: ms === 0 ? '' : `${Date.now() - ms}000000`, to: '' } })
  }
  return (
    <select class="field" aria-label="Time" value={timeOf(filter)} onChange={set}>
      <option value="">Any time</option>
      {timeOf(filter) === PICKED && (
        <option value={PICKED} disabled>
          As chosen
        </option>
      )}
      {TIMES.map(([ms, words]) => (
        <option key={ms} value={String(ms)}>
          {words}
        </option>
      ))}
    </select>
  )
}

/** The fields above the list. What they say is in the URL; typing replaces it, choosing adds to the history. */
export function Filters({ filter, services, routes, middlewares }: Props): VNode {
  const set = (name: keyof Filter, typing: boolean) => (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement | HTMLSelectElement
    go({ page: 'requests', filter: { ...filter, [name]: value } }, typing)
  }
  const setState = (event: Event): void => {
    const { value } = event.currentTarget as HTMLSelectElement
    const state = { error: value === 'error' ? '1' : '', inFlight: value === 'inFlight' ? '1' : '' }
    go({ page: 'requests', filter: { ...filter, ...state } })
  }
  return (
    <form class="filters" role="search" aria-label="Filter requests" onSubmit={(event) => event.preventDefault()}>
      <input
        class="field search"
        type="search"
        placeholder="Route, service or trace id"
        aria-label="Search"
        value={filter.q}
        onInput={set('q', true)}
      />
      <Choice name="Service" all={services} chosen={filter.service} choose={set('service', false)} />
      <Choice name="Route" all={routes} chosen={filter.route} choose={set('route', false)} />
      <select class="field" aria-label="Status" value={filter.status} onChange={set('status', false)}>
        <option value="">Any status</option>
        {[...STATUSES, ...(filter.status === '' || STATUSES.includes(filter.status) ? [] : [filter.status])].map((status) => (
          <option key={status} value={status}>
            {status}
          </option>
        ))}
      </select>
      <select class="field" aria-label="State" value={stateOf(filter)} onChange={setState}>
        <option value="">Any state</option>
        <option value="error">Failed</option>
        <option value="inFlight">Running</option>
      </select>
      <TimeField filter={filter} />
      <select class="field" aria-label="Phase" value={filter.phase} onChange={set('phase', false)}>
        <option value="">Any phase</option>
        {PHASES.map((id) => (
          <option key={id} value={id}>
            {phaseLook(id).label}
          </option>
        ))}
      </select>
      <Choice name="Middleware" all={middlewares} chosen={filter.middleware} choose={set('middleware', false)} />
      <label class="field number">
        <span>Took ≥</span>
        <input
          type="number"
          min="0"
          step="any"
          aria-label="At least, milliseconds"
          value={filter.minMs}
          onInput={set('minMs', true)}
        />
        <span class="muted">ms</span>
      </label>
      <Chips filter={filter} />
    </form>
  )
}

/** What else is narrowed, each with a way out of it. */
function Chips({ filter }: { filter: Filter }): VNode | null {
  if (!narrowed(filter)) return null
  const chips: [text: string, without: Partial<Filter>][] = []
  if (filter.maxMs !== '') chips.push([`≤ ${filter.maxMs} ms`, { maxMs: '' }])
  if (filter.from !== '' || filter.to !== '') {
    const words = (ns: string): string => (/^\d+$/.test(ns) ? timeOfDay(ns).slice(0, 8) : '…')
    chips.push([`${words(filter.from)} – ${words(filter.to)}`, { from: '', to: '' }])
  }
  return (
    <>
      {chips.map(([text, without]) => (
        <button
          key={text}
          type="button"
          class="button chip"
          aria-label={`Remove filter ${text}`}
          onClick={() => go({ page: 'requests', filter: { ...filter, ...without } })}
        >
          {text} <span aria-hidden="true">×</span>
        </button>
      ))}
      {filter.from !== '' && (
        <a class="button" href={hrefOf({ page: 'windows', windows: windowsFrom(filter) })}>
          What got slower here?
        </a>
      )}
      <button type="button" class="button quiet" onClick={() => go({ page: 'requests', filter: NO_FILTER })}>
        Clear
      </button>
    </>
  )
}
