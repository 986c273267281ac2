import type { VNode } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { ControlJson } from '../query/wire/controls.ts'
import { controls, setControl } from './api.ts'
import { useLink, useReturns, type Link } from './live.ts'
import type { Place } from './location.ts'
import { useTheme, type Theme } from './theme.ts'

const LINK_WORDS: Readonly<Record<Link, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'disconnected',
  paused: 'connecting',
}
const THEME_WORDS: Readonly<Record<Theme, string>> = { system: 'as the system', light: 'light', dark: 'dark' }
const THEME_SIGNS: Readonly<Record<Theme, string>> = { system: '◐', light: '○', dark: '●' }

function Brand(): VNode {
  return (
    <a class="brand" href="/" aria-label="Phaseline, all requests">
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
        <rect class="phase-dns" x="2" y="5" width="18" height="6" rx="2" fill="var(--phase)" />
        <rect class="phase-middleware-request" x="8" y="13" width="16" height="6" rx="2" fill="var(--phase)" />
        <rect class="phase-view" x="14" y="21" width="16" height="6" rx="2" fill="var(--phase)" />
      </svg>
      <span>Phaseline</span>
    </a>
  )
}

/** The switches of whoever runs the collector: the demo's traffic, its slow middleware. */
function Controls(): VNode | null {
  const returns = useReturns()
  const [switches, setSwitches] = useState<ControlJson[]>([])
  useEffect(() => {
    const abort = new AbortController()
    controls(abort.signal).then(
      (answer) => setSwitches(answer.controls),
      () => {}, // the link says that nobody answers
    )
    return () => abort.abort()
  }, [returns])
  const flip = useCallback((control: ControlJson) => {
    setControl(control.id, !control.on).then(
      (answer) => setSwitches(answer.controls),
      () => {},
    )
  }, [])
  if (switches.length === 0) return null
  return (
    <div class="controls" role="group" aria-label="Switches">
      {switches.map((control) => (
        <button
          key={control.id}
          type="button"
          class="switch"
          role="switch"
          aria-checked={control.on}
          onClick={() => flip(control)}
        >
          <i aria-hidden="true" />
          {control.label}
        </button>
      ))}
    </div>
  )
}

function ThemeButton(): VNode {
  const [theme, next] = useTheme()
  const words = `Colours: ${THEME_WORDS[theme]}`
  return (
    <button type="button" class="button quiet square" onClick={next} aria-label={words} title={words}>
      <span aria-hidden="true">{THEME_SIGNS[theme]}</span>
    </button>
  )
}

interface ItemProps {
  readonly href: string
  readonly on: boolean
  readonly text: string
  /** How many things there want to be seen. */
  readonly news?: number
}

function Item({ href, on, text, news = 0 }: ItemProps): VNode {
  return (
    <a href={href} aria-current={on ? 'page' : undefined}>
      {text}
      {news > 0 && (
        <span class="badge" title={`${news} firing`}>
          {news}
          <span class="unseen"> firing</span>
        </span>
      )}
    </a>
  )
}

/** The bar at the top of every page. @param firing how many alerts fire */
export function Header({ place, firing }: { place: Place; firing: number }): VNode {
  const link = useLink()
  return (
    <header class="top">
      <Brand />
      <nav aria-label="Pages">
        <Item href="/" on={place.page === 'requests' || place.page === 'timeline'} text="Requests" />
        <Item href="/middleware" on={place.page === 'middleware'} text="Middleware" />
        <Item href="/compare" on={place.page === 'compare' || place.page === 'windows'} text="Compare" />
        <Item href="/alerts" on={place.page === 'alerts'} text="Alerts" news={firing} />
        <Item href="/status" on={place.page === 'status'} text="Status" />
      </nav>
      <div class="right">
        <Controls />
        <span class={`live ${link}`} role="status">
          <i aria-hidden="true" />
          {LINK_WORDS[link]}
        </span>
        <ThemeButton />
      </div>
    </header>
  )
}
