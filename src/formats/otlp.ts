import { decodeTraces, type Encoding } from '../otlp/decode.ts'
import { array, isObject, object, type Json } from './json.ts'
import { Unusable, type Reading } from './refusal.ts'

/** OTLP as JSON holds it, here or where the APIs of Jaeger (v3) and Tempo put it; undefined if this is none. */
export function otlpDocument(value: unknown): Json | undefined {
  if (!isObject(value)) return undefined
  if (Array.isArray(value['resourceSpans'])) return value
  if (Array.isArray(value['batches'])) return { resourceSpans: value['batches'].map(modern) }
  return otlpDocument(value['trace']) ?? otlpDocument(value['result'])
}

/** Before OTLP 1.0 a scope was an instrumentation library. */
function modern(batch: unknown): Json {
  const { instrumentationLibrarySpans, scopeSpans, ...rest } = object(batch)
  const groups = scopeSpans ?? array(instrumentationLibrarySpans).map((group) => renamed(object(group)))
  return { ...rest, scopeSpans: groups }
}

function renamed({ instrumentationLibrary, ...rest }: Json): Json {
  return { scope: instrumentationLibrary, ...rest }
}

/** Reads OTLP bytes. @throws Unusable if they are no OTLP as a whole */
export function readOtlp(body: Uint8Array, encoding: Encoding): Reading {
  try {
    const { spans, refused } = decodeTraces(body, encoding)
    return { spans, refused: [...refused] }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'malformed') throw error
    throw new Unusable((error as Error).message)
  }
}
