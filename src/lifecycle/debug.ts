import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { now } from '../model/clock.ts'
import type { Progress } from '../model/observer.ts'
import { Resolver404 } from './errors.ts'
import { escapeHtml } from './html.ts'
import type { HttpRequest } from './request.ts'
import { HttpResponse } from './response.ts'
import type { ErrorStatus } from './urls/conf.ts'

/** What is never shown, also not to developers: it would end up in screenshots. */
const SECRET = /api|auth|cookie|csrf|key|pass|secret|session|signature|token/i
const AROUND = 5

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1b1f;background:#fff}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}pre,td,code{font-family:ui-monospace,monospace;font-size:13px}
pre{background:#f4f4f6;padding:1rem;overflow-x:auto}mark{background:#ffd9d9;color:inherit;display:block}td{padding:.1rem .8rem .1rem 0;vertical-align:top}
.bar{display:inline-block;height:.7em;min-width:1px;background:#3b6fd4}.failed .bar{background:#c62828}
@media(prefers-color-scheme:dark){body{color:#e6e6ea;background:#17171b}pre{background:#222228}mark{background:#5a2626}}`

/** The page for developers: what was raised and where, the patterns that were tried, the request's phases up to here. */
export function debugPage(request: HttpRequest, status: ErrorStatus, error: unknown): HttpResponse {
  const title = error instanceof Error ? `${error.name}: ${error.message}` : `Raised: ${String(error)}`
  const parts = error instanceof Resolver404 ? [tried(error)] : [source(error), stack(error)]
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p><code>${escapeHtml(`${request.method} ${request.path}`)}</code> · ${status}</p>`,
    ...parts,
    timeline(rowsOf(request)),
    headers(request),
    '<p>This page is shown because <code>debug</code> is on. It must be off in production.</p>',
  ]
  const head = `<meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${STYLE}</style>`
  return new HttpResponse(`<!doctype html>\n<html lang="en"><head>${head}</head><body>\n${body.join('\n')}\n</body></html>\n`, {
    status,
  })
}

function tried({ tried, path }: Resolver404): string {
  const lines = tried.map(
    (patterns) => `<li><code>${patterns.map((pattern) => escapeHtml(pattern) || '(empty)').join(' → ')}</code></li>`,
  )
  return `<h2>These patterns were tried for <code>${escapeHtml(path)}</code>, in this order</h2>\n<ol>${lines.join('\n')}</ol>`
}

interface Frame {
  readonly file: string
  readonly line: number
}

/** The first place of the stack that is a file of the application. */
function frameOf(error: unknown): Frame | undefined {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : []
  for (const text of lines) {
    const [, place = '', line] = /((?:file:\/\/)?\/[^()\s]+):(\d+):\d+\)?$/.exec(text) ?? []
    const file = place.startsWith('file:') ? fileURLToPath(place) : place
    if (line !== undefined && !file.includes('/node_modules/') && existsSync(file)) return { file, line: Number(line) }
  }
  return undefined
}

function source(error: unknown): string {
  const frame = frameOf(error)
  if (frame === undefined) return ''
  const from = Math.max(0, frame.line - 1 - AROUND)
  const lines = readFileSync(frame.file, 'utf8')
    .split('\n')
    .slice(from, frame.line + AROUND)
  const shown = lines.map((text, i) => {
    const numbered = escapeHtml(`${String(from + i + 1).padStart(5)}  ${text}`)
    return from + i + 1 === frame.line ? `<mark>${numbered}</mark>` : `${numbered}\n`
  })
  return `<h2>${escapeHtml(frame.file)}, line ${frame.line}</h2>\n<pre>${shown.join('')}</pre>`
}

function stack(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const cause =
    error.cause === undefined || error.cause === null
      ? ''
      : `\nCaused by: ${((error.cause as Error).stack ?? error.cause) as string}`
  return `<h2>Stack</h2>\n<pre>${escapeHtml((error.stack ?? '') + cause)}</pre>`
}

/** What whoever observes knows of this request: also its queries, and what came before the handler. Else our own steps. */
function rowsOf({ phase, trail = [] }: HttpRequest): readonly Progress[] {
  const observed = phase?.progress?.() ?? []
  if (observed.length > 0) return observed
  return trail.map(({ label, start: started, finish: ended, outcome }) => ({ label, started, ended, outcome }))
}

/** The phases of this very request, to scale. */
function timeline(phases: readonly Progress[]): string {
  const start = phases[0]?.started ?? 0
  const end = now()
  const scale = 100 / Math.max(end - start, 0.001)
  const rows = phases.map(({ label, started, ended = end, depth = 0, outcome = '' }) => {
    const bar = `<span class="bar" style="margin-left:${((started - start) * scale).toFixed(2)}%;width:${((ended - started) * scale).toFixed(2)}%"></span>`
    const failed = outcome === '' || outcome === 'response' ? '' : ' class="failed"'
    const took = `${(ended - started).toFixed(3)} ms`
    const name = `<td style="padding-left:${depth}em">${escapeHtml(label.name)}</td>`
    return `<tr${failed}>${name}<td>${took}</td><td>${escapeHtml(outcome)}</td><td style="width:40%">${bar}</td></tr>`
  })
  return `<h2>The phases of this request so far</h2>\n<table>${rows.join('\n')}</table>`
}

function headers(request: HttpRequest): string {
  const rows = Object.entries(request.headers).map(([name, value]) => {
    const shown = SECRET.test(name) ? '(hidden)' : String(value)
    return `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(shown)}</td></tr>`
  })
  return `<h2>Headers</h2>\n<table>${rows.join('\n')}</table>`
}
