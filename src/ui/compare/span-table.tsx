import type { VNode } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { count, duration, plural } from '../format.ts'
import { hrefOf } from '../location.ts'
import { phaseLook } from '../phases.ts'
import type { Trace } from '../timeline/trace.ts'
import { align, changed, selfChange, type Aligned } from './align.ts'
import { Difference, DifferenceTable } from './change.tsx'

/** Own time that changed by less than this share of the longer timeline is not worth a row, at first. */
const LITTLE = 0.005
/** More rows than this nobody reads. */
const MOST = 1000

interface RowProps {
  readonly a: Trace
  readonly b: Trace
  readonly row: Aligned
  readonly most: number
}

function SelfTime({ trace, span }: { trace: Trace; span: number }): VNode {
  if (span < 0) return <td class="number muted">–</td>
  const href = hrefOf({ page: 'timeline', traceId: trace.outline.traceId, span: trace.spanId(span) })
  return (
    <td class="number">
      <a href={href}>{duration(trace.self[span] as number)}</a>
    </td>
  )
}

/** A name that may be broken where its words begin: `Session|Middleware`, `process_|response`. */
function Name({ text }: { text: string }): VNode {
  return (
    <>
      {text.split(/(?<=[a-z])(?=[A-Z])|(?<=[_/])/).map((word, index) => (
        <>
          {index > 0 && <wbr />}
          {word}
        </>
      ))}
    </>
  )
}

function Row({ a, b, row, most }: RowProps): VNode {
  const [trace, span] = row.a >= 0 ? [a, row.a] : [b, row.b]
  const look = phaseLook(trace.phase(span))
  const only = row.a < 0 ? 'only in B' : row.b < 0 ? 'only in A' : null
  const change = selfChange(a, b, row)
  return (
    <tr class={look.className}>
      <th scope="row" title={`${trace.name(span)} (${look.label})`}>
        <span class="indented" style={{ '--depth': String(Math.min(row.depth, 12)) }}>
          <i class="swatch" /> <Name text={trace.name(span)} /> {only !== null && <span class="pill tone-plain">{only}</span>}
        </span>
      </th>
      <SelfTime trace={a} span={row.a} />
      <SelfTime trace={b} span={row.b} />
      <Difference ns={change} most={most} />
    </tr>
  )
}

/** The two trees as one: each span’s own time in both. @param floor a change that is a full bar at least, ns */
export function SpanTable({ a, b, floor }: { a: Trace; b: Trace; floor: number }): VNode {
  const [all, setAll] = useState(false)
  const rows = useMemo(() => align(a, b), [a, b])
  const few = useMemo(() => changed(a, b, rows, Math.max(a.total, b.total) * LITTLE), [a, b, rows])
  const most = useMemo(
    () => rows.reduce((top, row) => Math.max(top, Math.abs(selfChange(a, b, row))), floor),
    [a, b, rows, floor],
  )
  const shown = all ? rows : few
  return (
    <section class="panel">
      <h2>Spans whose own time changed</h2>
      {shown.length === 0 && <p class="muted">None by more than {duration(Math.max(a.total, b.total) * LITTLE)}.</p>}
      {shown.length > 0 && (
        <DifferenceTable caption="Own time of each span in both timelines" what="Span" name="spans">
          {shown.slice(0, MOST).map((row) => (
            <Row key={`${row.a} ${row.b}`} a={a} b={b} row={row} most={most} />
          ))}
        </DifferenceTable>
      )}
      {shown.length > MOST && (
        <p class="muted">
          The first {count(MOST)} of {plural(shown.length, 'span')}.
        </p>
      )}
      {few.length < rows.length && (
        <button type="button" class="button" onClick={() => setAll(!all)}>
          {all ? 'Only what changed' : `All ${plural(rows.length, 'span')}`}
        </button>
      )}
    </section>
  )
}
