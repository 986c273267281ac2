import type { VNode } from 'preact'
import { hrefOf } from './location.ts'
import { Menu } from './menu.tsx'
import type { Windows } from './windows/windows.ts'

/** What some part of requests leads to. */
interface Props {
  /** Whose it is, for those who hear the page. */
  readonly of: string
  /** Trace ids: where it took longest, and as long as usual. */
  readonly slowest: string | null
  readonly typical: string | null
  /** What to point at in a timeline. */
  readonly find: string
  /** What the first of them is called. */
  readonly main?: string
  /** Two windows of time in which it may have changed. */
  readonly windows: Windows
}

/** Where to click next: the timeline where it took longest; what else there is to see, behind a button. */
export function Ways({ of, slowest, typical, find, windows, main = 'Slowest timeline' }: Props): VNode {
  const to = (traceId: string): string => hrefOf({ page: 'timeline', traceId, span: null, find })
  return (
    <span class="ways">
      {slowest !== null && (
        <a href={to(slowest)} aria-label={`${main} of ${of}`}>
          {main}
        </a>
      )}
      <Menu name={`More about ${of}`}>
        {typical !== null && <a href={to(typical)}>A typical timeline</a>}
        {slowest !== null && typical !== null && slowest !== typical && (
          <a href={hrefOf({ page: 'compare', a: typical, b: slowest })}>Slowest against typical</a>
        )}
        <a href={hrefOf({ page: 'windows', windows })}>What changed since before</a>
      </Menu>
    </span>
  )
}
