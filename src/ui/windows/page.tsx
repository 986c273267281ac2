import type { VNode } from 'preact'
import { useCallback, useEffect } from 'preact/hooks'
import type { WindowsJson } from '../../query/wire/windows.ts'
import { windows as load } from '../api.ts'
import { FirstPicker } from '../compare/picker.tsx'
import { count, plural } from '../format.ts'
import { usePolled } from '../loading.ts'
import { hrefOf } from '../location.ts'
import { Failure, Notice, Waiting } from '../notice.tsx'
import { FEW, littleOf, saying, type Saying } from './change.ts'
import { Controls } from './controls.tsx'
import { NamesTable, TotalsTable } from './phase-table.tsx'
import { RouteTable } from './route-table.tsx'
import { Sides } from './sides.tsx'
import { windowsQuery, type Windows } from './windows.ts'

/** Milliseconds between two looks at windows that go along with the time; those that stay need one. */
const EVERY = 10_000
const NEVER = 2 ** 31 - 1
/** The shortest window that is offered, ms. */
const MINUTE = 60_000

function lengthOf({ after }: WindowsJson): number {
  return Number((BigInt(after.to) - BigInt(after.from)) / 1_000_000n)
}

const MISSING: Readonly<Record<Exclude<Saying, 'enough' | 'few'>, readonly [title: string, words: string]>> = {
  nothing: ['No requests in either window', 'Choose a longer window above, or send some requests.'],
  'only after': [
    'No requests in the earlier window',
    'There is nothing to compare with: choose a shorter window or another “against” above, or wait until there is more.',
  ],
  'only before': ['No requests in the later window', 'Choose a longer window above, or send some requests.'],
}

/** What stands in the way of a comparison, and what to do. */
function Trouble({ data, said, windows }: { data: WindowsJson; said: Saying; windows: Windows }): VNode | null {
  const narrowed = data.service !== '' || data.route !== ''
  if (said === 'enough') return null
  if (said === 'few') {
    const { before, after } = data
    return (
      <p class="hint">
        Only {plural(before.took.count, 'request')} before and {count(after.took.count)} after: fewer than {FEW} say little.
        Choose a longer window, or take these figures as a hint.
      </p>
    )
  }
  const [title, words] = MISSING[said]
  return (
    <Notice title={title}>
      <p>{said === 'nothing' && narrowed ? 'Choose a longer window above, or remove the route or service.' : words}</p>
      {said === 'only after' && windows.from === '' && Number(windows.lastMs) > MINUTE && (
        <a class="button" href={hrefOf({ page: 'windows', windows: { ...windows, lastMs: String(MINUTE), shiftMs: '' } })}>
          The last minute against the one before
        </a>
      )}
    </Notice>
  )
}

function Compared({ data, windows }: { data: WindowsJson; windows: Windows }): VNode {
  const said = saying(data)
  const both = said === 'enough' || said === 'few'
  return (
    <>
      <Controls windows={windows} length={lengthOf(data)} />
      {said !== 'nothing' && <Sides data={data} enough={both} />}
      <Trouble data={data} said={said} windows={windows} />
      {both && data.phases === null && <RouteTable routes={data.routes} windows={windows} floor={littleOf(data)} />}
      {both && data.phases !== null && <TotalsTable totals={data.totals} floor={littleOf(data)} />}
      {both && data.phases !== null && <NamesTable phases={data.phases} floor={littleOf(data)} looked={windows.name} />}
    </>
  )
}

/** Two windows of time: which route got slower, and by which of its phases. */
export function WindowsPage({ windows }: { windows: Windows }): VNode {
  const query = windowsQuery(windows)
  const { data, error, busy } = usePolled(
    useCallback((signal: AbortSignal) => load(query, signal).then((answer) => ({ answer, query })), [query]),
    windows.from === '' ? EVERY : NEVER,
  )
  useEffect(() => void (document.title = 'Compare · Phaseline'), [])
  // What was there before the query changed answers another question.
  const current = data?.query === query ? data.answer : undefined
  return (
    <div class="board compare">
      <h1>What got slower{windows.route !== '' && `: ${windows.route}`}</h1>
      {error !== undefined && current === undefined && <Failure error={error} plain="/compare" />}
      {error !== undefined && current !== undefined && <p class="lost">{error.message}</p>}
      {current === undefined && busy && <Waiting what="both windows" />}
      {current !== undefined && <Compared data={current} windows={windows} />}
      {windows.route === '' && <FirstPicker />}
    </div>
  )
}
