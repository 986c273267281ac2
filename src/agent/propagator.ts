import {
  propagation,
  trace,
  type Baggage,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import type { Carried } from '../model/carried.ts'
import { formatTraceparent, parseTraceparent } from '../model/traceparent.ts'
import { formatBaggage, parseBaggage } from './baggage.ts'
import { SUPPRESS_KEY } from './context.ts'

/** Which of the W3C propagators are wanted: `OTEL_PROPAGATORS`. */
export type Propagated = Carried

/** W3C trace context and baggage for OpenTelemetry's API, so that other instrumentations carry our traces too. */
export function propagator(wanted: Propagated): TextMapPropagator {
  const { tracecontext, baggage } = wanted
  return {
    inject(context, carrier, setter) {
      if (context.getValue(SUPPRESS_KEY) === true) return
      if (tracecontext) injectTrace(context, carrier, setter)
      const entries = baggage ? propagation.getBaggage(context) : undefined
      const header = entries === undefined ? undefined : formatBaggage(entries)
      if (header !== undefined) setter.set(carrier, 'baggage', header)
    },
    extract(context, carrier, getter) {
      const traced = tracecontext ? extractTrace(context, carrier, getter) : context
      const entries = baggage ? extractBaggage(carrier, getter) : undefined
      return entries === undefined ? traced : propagation.setBaggage(traced, entries)
    },
    fields: () => [...(tracecontext ? ['traceparent', 'tracestate'] : []), ...(baggage ? ['baggage'] : [])],
  }
}

function injectTrace(context: Context, carrier: unknown, setter: TextMapSetter): void {
  const span = trace.getSpanContext(context)
  if (span === undefined || !trace.isSpanContextValid(span)) return
  setter.set(carrier, 'traceparent', formatTraceparent(span.traceId, span.spanId, (span.traceFlags & 1) === 1))
  const state = span.traceState?.serialize()
  if (state !== undefined && state !== '') setter.set(carrier, 'tracestate', state)
}

function extractTrace(context: Context, carrier: unknown, getter: TextMapGetter): Context {
  const parent = parseTraceparent(one(getter.get(carrier, 'traceparent')))
  if (parent === undefined) return context
  const { traceId, spanId, sampled } = parent
  return trace.setSpanContext(context, { traceId, spanId, traceFlags: sampled ? 1 : 0, isRemote: true })
}

function extractBaggage(carrier: unknown, getter: TextMapGetter): Baggage | undefined {
  const header = getter.get(carrier, 'baggage')
  const text = Array.isArray(header) ? header.join(',') : header
  return text === undefined || text === '' ? undefined : parseBaggage(text)
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? (header.length === 1 ? header[0] : undefined) : header
}
