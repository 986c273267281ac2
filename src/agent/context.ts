import { createContextKey, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import type { AgentPhase } from './phase.ts'
import { PhaseSpan } from './span.ts'

/** The keys under which OpenTelemetry's API and SDK keep things in a context; keys are global symbols, so they are the same everywhere. */
export const SPAN_KEY: symbol = createContextKey('OpenTelemetry Context Key SPAN')
export const BAGGAGE_KEY: symbol = createContextKey('OpenTelemetry Baggage Key')
export const SUPPRESS_KEY: symbol = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** An OpenTelemetry context that knows which phase it belongs to: a phase is one itself, and so is every entry put on top of one. */
export interface PhaseContext extends Context {
  /** Null: it has to be looked for, because a span that is not ours was made current or tracing is suppressed. */
  readonly phase: AgentPhase | undefined | null
}

/** An entry on top of another context. */
export class Overlay implements PhaseContext {
  readonly under: Context
  readonly key: symbol
  readonly value: unknown
  readonly phase: AgentPhase | undefined | null

  constructor(under: Context, key: symbol, value: unknown) {
    this.under = under
    this.key = key
    this.value = value
    this.phase = phaseWith(under, key, value)
  }

  getValue(key: symbol): unknown {
    return key === this.key ? this.value : this.under.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    return withEntry(this, key, value)
  }

  deleteValue(key: symbol): Context {
    return new Overlay(this, key, undefined)
  }
}

function phaseWith(under: Context, key: symbol, value: unknown): AgentPhase | undefined | null {
  if (key === SPAN_KEY) return phaseOfSpan(value)
  if (key !== SUPPRESS_KEY) return (under as PhaseContext).phase
  return value === true ? null : phaseOfSpan(under.getValue(SPAN_KEY))
}

function phaseOfSpan(span: unknown): AgentPhase | undefined | null {
  if (span === undefined || span === null) return undefined
  return span instanceof PhaseSpan ? span.phase : null
}

/** A context with one entry more. A phase of ours made current needs no entry: it is a context already. */
export function withEntry(under: Context, key: symbol, value: unknown): Context {
  if (key !== SPAN_KEY) return new Overlay(under, key, value)
  const base = baseOf(under)
  if (value instanceof PhaseSpan && value.phase.base === base && value.phase.span === value) return value.phase
  return new Overlay(base ?? ROOT_CONTEXT, key, value)
}

/** What is in a context besides spans; undefined: nothing. */
export function baseOf(context: Context): Context | undefined {
  if (context === ROOT_CONTEXT) return undefined
  if (context instanceof Overlay && context.key === SPAN_KEY) return baseOf(context.under)
  const { phase } = context as PhaseContext
  return phase === context ? phase.base : context
}
