import type { VNode } from 'preact'
import { clock, epochMs, roughly } from '../format.ts'
import { go } from '../navigate.ts'
import type { Windows } from './windows.ts'

const MINUTE = 60_000
const LENGTHS = [1, 5, 15, 60, 360].map((minutes) => minutes * MINUTE)
const SHIFTS: readonly (readonly [ms: number, words: string])[] = [
  [60 * MINUTE, 'an hour earlier'],
  [24 * 60 * MINUTE, 'a day earlier'],
  [7 * 24 * 60 * MINUTE, 'a week earlier'],
]

interface Props {
  readonly windows: Windows
  /** Length of a window, ms. */
  readonly length: number
}

function show(windows: Windows): void {
  go({ page: 'windows', windows })
}

/** Which two windows, and of what. */
export function Controls({ windows, length }: Props): VNode {
  const set = (name: keyof Windows) => (event: Event) =>
    show({ ...windows, [name]: (event.currentTarget as HTMLSelectElement).value })
  const picked = windows.from !== ''
  const lengths = LENGTHS.includes(Number(windows.lastMs)) ? LENGTHS : [Number(windows.lastMs), ...LENGTHS]
  return (
    <form class="filters" aria-label="What is compared" onSubmit={(event) => event.preventDefault()}>
      {picked && <Chip words={`${clockOf(windows.from)} – ${clockOf(windows.to)}`} without={{ ...windows, from: '', to: '' }} />}
      {!picked && (
        <select class="field" aria-label="Window" value={windows.lastMs} onChange={set('lastMs')}>
          {lengths.map((ms) => (
            <option key={ms} value={String(ms)}>
              The last {roughly(ms)}
            </option>
          ))}
        </select>
      )}
      <span class="beside muted">against</span>
      <select class="field" aria-label="Against" value={windows.shiftMs} onChange={set('shiftMs')}>
        <option value="">the {roughly(length)} before</option>
        {SHIFTS.filter(([ms]) => ms > length || String(ms) === windows.shiftMs).map(([ms, words]) => (
          <option key={ms} value={String(ms)}>
            {words}
          </option>
        ))}
        {windows.shiftMs !== '' && !SHIFTS.some(([ms]) => String(ms) === windows.shiftMs) && (
          <option value={windows.shiftMs}>{roughly(Number(windows.shiftMs))} earlier</option>
        )}
      </select>
      {windows.route !== '' && <Chip words={windows.route} without={{ ...windows, route: '' }} />}
      {windows.service !== '' && <Chip words={windows.service} without={{ ...windows, service: '' }} />}
      {windows.name !== '' && <Chip words={windows.name} without={{ ...windows, name: '' }} />}
    </form>
  )
}

const clockOf = (ns: string): string => (/^\d+$/.test(ns) ? clock(epochMs(ns)) : '…')

function Chip({ words, without }: { words: string; without: Windows }): VNode {
  return (
    <button type="button" class="button chip" aria-label={`Remove ${words}`} onClick={() => show(without)}>
      {words} <span aria-hidden="true">×</span>
    </button>
  )
}
