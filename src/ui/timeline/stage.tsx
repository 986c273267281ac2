import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { count, duration } from '../format.ts'
import { KEY_HELP } from './keys.ts'
import { Lanes } from './lanes.tsx'
import type { Act, View } from './state.ts'
import { position, ticks, zoomed } from './zoom.ts'

interface Props {
  readonly view: View
  readonly dispatch: (act: Act) => void
}

function Search({ view, dispatch }: Props): VNode {
  const { query, matches, selected } = view
  const at = matches.indexOf(selected)
  return (
    <>
      <input
        class="field search"
        type="search"
        placeholder="Find a span   /"
        aria-label="Find a span"
        value={query}
        onInput={(event) => dispatch({ type: 'search', query: event.currentTarget.value })}
      />
      <span class="found" role="status">
        {query.trim() !== '' && (at >= 0 ? `${at + 1} of ${count(matches.length)}` : `${count(matches.length)} found`)}
      </span>
    </>
  )
}

function Help(): VNode {
  return (
    <div class="help" role="dialog" aria-label="Keys">
      <dl>
        {KEY_HELP.map(([keys, does]) => (
          <>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
    </div>
  )
}

function Zooms({ view, dispatch }: Props): VNode {
  const all = !zoomed(view.range, view.trace.total)
  return (
    <div class="zooms">
      <button
        type="button"
        class="button quiet square"
        aria-label="Zoom in"
        onClick={() => dispatch({ type: 'zoom', factor: 0.6 })}
      >
        +
      </button>
      <button
        type="button"
        class="button quiet square"
        aria-label="Zoom out"
        disabled={all}
        onClick={() => dispatch({ type: 'zoom', factor: 1 / 0.6 })}
      >
        −
      </button>
      <button type="button" class="button quiet" disabled={all} onClick={() => dispatch({ type: 'reset' })}>
        All
      </button>
    </div>
  )
}

function Tools({ view, dispatch }: Props): VNode {
  const [help, setHelp] = useState(false)
  return (
    <div class="tools" role="group" aria-label="Tools">
      <Search view={view} dispatch={dispatch} />
      <button
        type="button"
        class="button optional"
        aria-pressed={view.critical}
        title="What the request had to wait for: shorten anything else and it ends no sooner"
        onClick={() => dispatch({ type: 'critical' })}
      >
        <i class="line-mark" aria-hidden="true" /> Critical path
      </button>
      <button type="button" class="button quiet optional" onClick={() => dispatch({ type: 'collapseAll' })}>
        Collapse all
      </button>
      <button type="button" class="button quiet optional" onClick={() => dispatch({ type: 'expandAll' })}>
        Expand all
      </button>
      <Zooms view={view} dispatch={dispatch} />
      <button
        type="button"
        class="button quiet optional keys"
        aria-expanded={help}
        title="What keys do (?)"
        onClick={() => setHelp(!help)}
        onBlur={() => setHelp(false)}
      >
        Keys
      </button>
      {help && <Help />}
    </div>
  )
}

/** How many ticks fit: one for each 90 pixels or so; fewer than three say nothing of the scale. */
const TICK = 90
const FEWEST = 3

function Axis({ view }: { view: View }): VNode {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(800)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 800))
    observer.observe(box.current as Element)
    return () => observer.disconnect()
  }, [])
  const { range } = view
  return (
    <div class="axis">
      <div class="heads">
        <span>Span</span>
        <span>Self</span>
        <span>Total</span>
      </div>
      <div class="ticks" ref={box} aria-hidden="true">
        {ticks(range, Math.max(FEWEST, Math.floor(width / TICK))).map((at) => {
          const x = position(range, at)
          return (
            <span key={at} class={x < 0.02 ? 'edge' : ''} style={x > 0.96 ? { right: '0' } : { left: `${x * 100}%` }}>
              {tickText(at)}
            </span>
          )
        })}
      </div>
    </div>
  )
}

/** `12 ms`, `1.5 s`: without the zeros that a column of figures wants. */
function tickText(ns: number): string {
  return duration(ns)
    .replace(/(\.\d*?)0+ /, '$1 ')
    .replace('. ', ' ')
}

/** What stays in sight above the waterfall: tools, lanes, the axis. */
export function Stage({ view, dispatch }: Props): VNode {
  return (
    <div class="stage">
      <Tools view={view} dispatch={dispatch} />
      <Lanes view={view} dispatch={dispatch} />
      <Axis view={view} />
    </div>
  )
}
