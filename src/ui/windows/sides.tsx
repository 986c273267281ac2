import type { VNode } from 'preact'
import type { WindowJson, WindowsJson } from '../../query/wire/windows.ts'
import { changeText } from '../compare/change.tsx'
import { clock, count, day, duration, epochMs, percent } from '../format.ts'
import { phaseLook } from '../phases.ts'
import { culprits, longer } from './change.ts'
import { Spread } from './spread.tsx'

function Figures({ window, name, side }: { window: WindowJson; name: string; side: 'before' | 'after' }): VNode {
  const { took, from, to, more } = window
  return (
    <tr>
      <th scope="row">
        <i class={`pane ${side}`} aria-hidden="true" /> {name}
      </th>
      <td class="muted">
        {today(from) ? '' : `${day(from)}, `}
        {clock(epochMs(from))} – {clock(epochMs(to))}
      </td>
      <td class="number">
        {count(took.count)}
        {more && <span title="There were more: these are taken evenly from all over the window">+</span>}
      </td>
      <td class="number">{took.count === 0 ? '–' : duration(Number(took.p50Ns))}</td>
      <td class="number">{took.count === 0 ? '–' : duration(Number(took.p95Ns))}</td>
    </tr>
  )
}

const today = (ns: string): boolean => day(ns) === day(String(BigInt(Date.now()) * 1_000_000n))

/** `6.9 times as long`, or a share of what it was. ns */
function timesOrShare(before: number, after: number): string {
  const times = after / Math.max(1, before)
  return times >= 2 ? `${times.toFixed(1)} times as long` : percent(Math.abs(times - 1))
}

/** What it comes down to, in a sentence. */
function Verdict({ data }: { data: WindowsJson }): VNode | null {
  const { before, after } = data
  const typical = longer(before.took, after.took, 'p50Ns')
  if (typical === undefined || before.took.count === 0 || after.took.count === 0) return null
  const slow = longer(before.took, after.took, 'p95Ns') as number
  const same = Math.abs(typical) < Number(before.took.p50Ns) * 0.05
  const most = culprits(data)
  // Of two figures that disagree, the mean and the median, none is to explain the other.
  const agree = most.every(({ change }) => change > 0 === typical > 0)
  return (
    <p class="verdict">
      {same ? (
        'A typical request takes as long as before, within 5 %'
      ) : (
        <>
          A typical request takes{' '}
          <b class={typical > 0 ? 'tone-bad' : 'tone-good'}>
            {duration(Math.abs(typical))} {typical > 0 ? 'longer' : 'less'}
          </b>{' '}
          ({timesOrShare(Number(before.took.p50Ns), Number(after.took.p50Ns))})
        </>
      )}
      , the slow ones (p95) {slow === 0 ? 'as long' : `${duration(Math.abs(slow))} ${slow > 0 ? 'longer' : 'less'}`}.
      {!same && agree && most.length > 0 && (
        <>
          {' '}
          Mostly{' '}
          {most.map(({ phase, name, change }, index) => (
            <span key={phase} class={phaseLook(phase).className}>
              {index > 0 && ', '}
              <i class="swatch" /> <b>{name === '' ? phaseLook(phase).label : name}</b> {changeText(change)}
            </span>
          ))}{' '}
          in the mean.
        </>
      )}
    </p>
  )
}

/** Both windows: when, how many, how long; the hills of their durations; and what it comes down to. */
export function Sides({ data, enough }: { data: WindowsJson; enough: boolean }): VNode {
  const { before, after } = data
  return (
    <section class="panel sides" aria-label="The two windows">
      <table class="plain two-windows">
        <caption class="unseen">Whole requests in both windows</caption>
        <thead>
          <tr>
            <th scope="col">Window</th>
            <th scope="col">When</th>
            <th scope="col" class="number">
              Requests
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p95
            </th>
          </tr>
        </thead>
        <tbody>
          <Figures window={before} name="Before" side="before" />
          <Figures window={after} name="After" side="after" />
        </tbody>
      </table>
      <Spread before={before} after={after} />
      {enough && <Verdict data={data} />}
    </section>
  )
}
