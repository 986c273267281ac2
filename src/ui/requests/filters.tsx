import type { VNode } from 'preact'
import { narrowed, NO_FILTER, type Filter } from '../filter.ts'
import { timeOfDay } from '../format.ts'
import { go } from '../navigate.ts'

const STATUSES = ['2xx', '3xx', '4xx', '5xx']

/** The fields above the list. What they say is in the URL; typing replaces it, choosing adds to the history. */
export function Filters({ filter, services }: { filter: Filter; services: readonly string[] }): VNode {
  const set = (name: keyof Filter, typing: boolean) => (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement | HTMLSelectElement
    go({ page: 'requests', filter: { ...filter, [name]: value } }, typing)
  }
  const known = filter.service === '' || services.includes(filter.service) ? services : [filter.service, ...services]
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
      <select class="field" aria-label="Service" value={filter.service} onChange={set('service', false)}>
        <option value="">Any service</option>
        {known.map((service) => (
          <option key={service} value={service}>
            {service}
          </option>
        ))}
      </select>
      <select class="field" aria-label="Status" value={filter.status} onChange={set('status', false)}>
        <option value="">Any status</option>
        {[...STATUSES, ...(filter.status === '' || STATUSES.includes(filter.status) ? [] : [filter.status])].map((status) => (
          <option key={status} value={status}>
            {status}
          </option>
        ))}
      </select>
      <label class="field number">
        <span>≥</span>
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
  if (filter.route !== '') chips.push([filter.route, { route: '' }])
  if (filter.phase !== '') chips.push([`phase ${filter.phase}`, { phase: '' }])
  if (filter.middleware !== '') chips.push([filter.middleware, { middleware: '' }])
  if (filter.error !== '') chips.push(['failed', { error: '' }])
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
      <button type="button" class="button quiet" onClick={() => go({ page: 'requests', filter: NO_FILTER })}>
        Clear
      </button>
    </>
  )
}
