import { decodeTraces, type Encoding } from '../otlp/decode.ts'
import { array, isObject, object, type Json } from './json.ts'
import { Unusable, type Reading } from './refusal.ts'

/** OTLP as JSON holds it, here or where the APIs of Jaeger (v3) and Tempo put it, or the spans of one resource by themselves; undefined if this is none. */
export function otlpDocument(value: unknown): Json | undefined {
  if (!isObject(value)) return undefined
  if (Array.isArray(value['resourceSpans'])) {
    return isCurrent(value['resourceSpans']) ? value : { resourceSpans: value['resourceSpans'].map(current) }
  }
  if (Array.isArray(value['resource_spans'])) return otlpDocument(camelCased(value))
  if (Array.isArray(value['batches'])) return { resourceSpans: value['batches'].map(current) }
  if (['scopeSpans', 'scope_spans', 'instrumentationLibrarySpans'].some((key) => Array.isArray(value[key]))) {
    return { resourceSpans: [current(value)] }
  }
  return otlpDocument(value['trace']) ?? otlpDocument(value['result']) ?? otlpDocument(value['data'])
}

/** Whether groups are as OTLP has them since 1.0, with its JSON's names; a look at the first span is enough. */
function isCurrent(groups: readonly unknown[]): boolean {
  return groups.every((group) => {
    const names = Object.keys(object(group))
    const [span] = array(object(array(object(group)['scopeSpans'])[0])['spans'])
    return !names.includes('instrumentationLibrarySpans') && !names.includes('scope_spans') && !('span_id' in object(span))
  })
}

/** Before OTLP 1.0 a scope was an instrumentation library; protobuf's own JSON may keep the names of its fields. */
function current(batch: unknown): Json {
  const { instrumentationLibrarySpans, scopeSpans, ...rest } = object(camelCased(batch))
  const groups = scopeSpans ?? array(instrumentationLibrarySpans).map((group) => renamed(object(group)))
  return { ...rest, scopeSpans: groups }
}

function renamed({ instrumentationLibrary, ...rest }: Json): Json {
  return { scope: instrumentationLibrary, ...rest }
}

/** `start_time_unix_nano` as `startTimeUnixNano`, and so on. Keys in OTLP's JSON are its own: those of attributes are values. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased)
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    camelCased(item),
  ])
  return Object.fromEntries(entries)
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
