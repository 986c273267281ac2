import type { OutgoingHttpHeader, ServerResponse } from 'node:http'
import { now } from '../model/clock.ts'
import { gatewayOf } from '../model/gateway.ts'
import type { Phase, Progress } from '../model/observer.ts'

/** What browsers show in their developer tools, beside the time that they waited: https://www.w3.org/TR/server-timing/ */
const NAME = 'Server-Timing'
/** Proxies have room for a few KB of headers, and people for a few lines. */
const MOST_PHASES = 12
const LONGEST_NAME = 60

/** `all`: what the request's time went into so far; `traceparent`: just which trace it is. */
export type Told = 'all' | 'traceparent'

let told: Told | undefined

/** From now on the answers of watched servers tell, in `Server-Timing`, of their requests. @returns undo */
export function watchServerTiming(what: Told = 'all'): () => void {
  told = what
  return () => void (told = undefined)
}

/**
 * The arguments of a `writeHead`, with the header among them if it is wanted; else the header is set on the response. What the
 * app says there itself stays. Never throws.
 */
export function withTiming(response: ServerResponse, args: unknown[]): unknown[] {
  if (told === undefined || response.headersSent) return args
  try {
    const phase = gatewayOf(response.req)
    return phase === undefined || phase.traceId === '' ? args : added(response, args, timingOf(phase, now()))
  } catch {
    return args
  }
}

function added(response: ServerResponse, args: unknown[], value: string): unknown[] {
  const last = args.at(-1)
  if (typeof last !== 'object' || last === null) {
    response.setHeader(NAME, joined(response.getHeader(NAME), value))
    return args
  }
  // What comes as an argument replaces what was set before.
  const whole = joined(response.getHeader(NAME), value)
  return [...args.slice(0, -1), Array.isArray(last) ? withPair(last, whole) : withField(last as Headers, whole, value)]
}

type Headers = Record<string, OutgoingHttpHeader | undefined>

function withField(headers: Headers, whole: string, value: string): Headers {
  const key = Object.keys(headers).find((name) => name.toLowerCase() === NAME.toLowerCase())
  if (key === undefined) return { ...headers, [NAME]: whole }
  return { ...headers, [key]: joined(headers[key], value) }
}

/** A list of names and values in turn, or of pairs: the header may be there several times. */
function withPair(list: readonly unknown[], whole: string): unknown[] {
  return Array.isArray(list[0]) ? [...(list as unknown[]), [NAME, whole]] : [...(list as unknown[]), NAME, whole]
}

function joined(given: OutgoingHttpHeader | undefined, value: string): string {
  const before = Array.isArray(given) ? given.join(', ') : (given ?? '')
  return before === '' ? value : `${before}, ${value}`
}

/**
 * The header's value: the trace as browser instrumentations look for it, ours and OpenTelemetry's, the whole time so far, and the longest
 * phases in the order in which they began. Those that have not ended say how long they have taken until now.
 */
function timingOf(phase: Phase, at: number): string {
  const traceparent = `traceparent;desc="${phase.propagate().traceparent}"`
  if (told === 'traceparent') return traceparent
  const [gateway, ...rest] = phase.progress?.() ?? []
  const entries = [traceparent]
  if (gateway !== undefined) entries.push(`total;dur=${ms(at - gateway.started)}`)
  for (const { label, ...times } of longest(rest, at)) {
    entries.push(`${label.phase?.id ?? 'span'};dur=${ms(lasted(times, at))};desc="${quotable(label.name)}"`)
  }
  return entries.join(', ')
}

function longest(phases: readonly Progress[], at: number): readonly Progress[] {
  if (phases.length <= MOST_PHASES) return phases
  const kept = new Set(phases.toSorted((a, b) => lasted(b, at) - lasted(a, at)).slice(0, MOST_PHASES))
  return phases.filter((phase) => kept.has(phase))
}

function lasted({ started, ended }: Pick<Progress, 'started' | 'ended'>, at: number): number {
  return (ended ?? at) - started
}

function ms(duration: number): number {
  return Math.round(Math.max(0, duration) * 1e3) / 1e3
}

/** What may stand in a quoted string of a header. */
function quotable(name: string): string {
  return name
    .slice(0, LONGEST_NAME)
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, '\\$&')
}
