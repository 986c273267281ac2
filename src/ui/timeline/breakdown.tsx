import type { VNode } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { breakdown, type Share } from '../breakdown.ts'
import { duration } from '../format.ts'
import type { Act } from './state.ts'

/** Thousandths of the whole from which a slice is told apart in words, above it. */
const CAPTION = 80
/** Thousandths below which phases share one line of the legend, until somebody wants to see them: the picture needs the room. */
const LITTLE = 10

interface Part {
  readonly share: Share
  readonly chosen: string | null
  readonly dispatch: (act: Act) => void
}

function Key({ share, chosen, dispatch }: Part): VNode {
  const { phase, ns, permille } = share
  const on = chosen === phase.id
  return (
    <li>
      <button
        type="button"
        class={on ? 'key on' : 'key'}
        aria-pressed={on}
        title={phase.meaning}
        onClick={() => dispatch({ type: 'phase', phase: phase.id })}
      >
        <i class={`swatch ${phase.className}`} />
        <span>{phase.label}</span>
        <span>{duration(ns)}</span>
        <span class={permille >= CAPTION ? 'share much' : 'share'} data-permille={permille}>
          {shareText(permille, ns)}
        </span>
      </button>
    </li>
  )
}

/** In all they make 100.0 %; what is more than nothing does not read as nothing. */
const shareText = (permille: number, ns: number): string =>
  permille === 0 && ns > 0 ? '< 0.1 %' : `${(permille / 10).toFixed(1)} %`

/** Those that are next to nothing, together. */
function More({ shares, show }: { shares: readonly Share[]; show: () => void }): VNode {
  const permille = shares.reduce((sum, share) => sum + share.permille, 0)
  const ns = shares.reduce((sum, share) => sum + share.ns, 0)
  return (
    <li>
      <button
        type="button"
        class="key"
        aria-expanded="false"
        title={shares.map(({ phase }) => phase.label).join(', ')}
        onClick={show}
      >
        <span aria-hidden="true">+</span>
        <span>{shares.length} more</span>
        <span>{duration(ns)}</span>
        <span class="share" data-permille={permille}>
          {shareText(permille, ns)}
        </span>
      </button>
    </li>
  )
}

/** Where the time went, by phase: a bar and a legend whose shares make exactly 100 %. A click makes one phase stand out below. */
export function Breakdown({ phases, chosen, dispatch }: { phases: Record<string, string> } & Omit<Part, 'share'>): VNode | null {
  const shares = useMemo(() => breakdown(phases), [phases])
  const [all, setAll] = useState(false)
  const small = shares.filter(({ phase, permille }) => permille < LITTLE && phase.id !== chosen)
  if (shares.length === 0) return null
  const folded = small.length > 3 && !all ? new Set(small) : new Set<Share>()
  return (
    <section class={chosen === null ? 'breakdown' : 'breakdown one'} aria-label="Breakdown by phase">
      <div class="captions" aria-hidden="true">
        {shares.map(({ phase, ns, permille }) => (
          <span key={phase.id} style={{ flexGrow: String(ns) }}>
            {permille >= CAPTION && <b>{`${phase.label} ${Math.round(permille / 10)} %`}</b>}
          </span>
        ))}
      </div>
      <div class="stack">
        {shares.map(({ phase, ns }) => (
          <span
            key={phase.id}
            class={`slice ${phase.className}${chosen === phase.id ? ' on' : ''}`}
            style={{ flexGrow: String(ns) }}
            title={`${phase.label}: ${duration(ns)}. ${phase.meaning}`}
            aria-hidden="true"
            onClick={() => dispatch({ type: 'phase', phase: phase.id })}
          />
        ))}
      </div>
      <ul class="legend">
        {shares.map((share) =>
          folded.has(share) ? null : <Key key={share.phase.id} share={share} chosen={chosen} dispatch={dispatch} />,
        )}
        {folded.size > 0 && <More shares={[...folded]} show={() => setAll(true)} />}
      </ul>
    </section>
  )
}
