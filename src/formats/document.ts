import { elasticSpans, foundBy } from './jaeger-elastic.ts'
import { modelSpans } from './jaeger-model.ts'
import { isJaegerTrace, readJaeger, readJaegerSpans } from './jaeger.ts'
import { array, isObject, object, text, type Json } from './json.ts'
import { otlpDocument, readOtlpJson } from './otlp.ts'
import { together, Unusable, type Reading } from './refusal.ts'
import { isZipkinSpan, readZipkin } from './zipkin.ts'

/**
 * Reads a JSON document of any kind; what it is, is told from what is in it.
 * @param where its place in the file
 * @param written the document as it was, if it is at hand: OTLP is then not written down again to be read
 * @throws Unusable if it is none that is known
 */
export function readDocument(document: unknown, where: string, written = ''): Reading {
  if (Array.isArray(document)) return readList(document, where)
  const otlp = otlpDocument(document)
  if (otlp !== undefined) return readOtlpJson(otlp, where, otlp === document ? written : '')
  if (isZipkinSpan(document)) return readZipkin([document], () => where)
  if (isObject(document) && (Array.isArray(document['data']) || isJaegerTrace(document))) return readJaeger(document, where)
  if (isObject(document) && isJaegerTrace(document['data'])) return readJaeger(document['data'], where)
  const model = modelSpans(document)
  if (model !== undefined) return readJaegerSpans(model, (place) => (model.length === 1 ? where : `${where}spans[${place}]`))
  const found = foundBy(document)
  if (found.some(isZipkinSpan)) return readZipkin(found, (place) => `${where}hits[${place}]`)
  const kept = elasticSpans(document)
  if (kept !== undefined) return readJaegerSpans(kept, (place) => (kept.length === 1 ? where : `${where}hits[${place}]`))
  throw new Unusable(isObject(document) ? whatElse(document) : 'neither an object nor a list')
}

/** What a document is that holds no spans, if that can be told. */
function whatElse(document: Json): string {
  const [error] = array(document['errors'])
  if (error !== undefined) return `an error that Jaeger answered: ${text(object(error)['msg'])}`
  for (const [key, name] of [
    ['resourceMetrics', 'metrics'],
    ['resourceLogs', 'logs'],
    ['resourceProfiles', 'profiles'],
  ] as const) {
    if (key in document) return `these are OTLP ${name}, not spans`
  }
  return 'neither OTLP nor Jaeger nor Zipkin: no resourceSpans, no data, no spans, no list of spans'
}

/** A list: spans of Zipkin or Jaeger, or documents of any kind, which may be lists themselves. */
function readList(list: readonly unknown[], where: string): Reading {
  const at = (place: number): string => `${where}[${place}]`
  if (list.length === 0 || list.some(isZipkinSpan)) return readZipkin(list, at)
  return together(
    list.map((item, place): Reading => {
      try {
        return readDocument(item, at(place))
      } catch (error) {
        if (!(error instanceof Unusable)) throw error
        return { spans: [], refused: [{ where: at(place), reason: error.message }] }
      }
    }),
  )
}
