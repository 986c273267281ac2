import { array, isObject, object, text, type Json } from './json.ts'

/** A span as Jaeger keeps it in Elasticsearch or OpenSearch: by itself, with its process inside. */
function isJaegerSpan(value: unknown): boolean {
  return isObject(value) && 'traceID' in value && 'spanID' in value
}

/** The spans in the answer to a search, in a line of a dump, or one as it is kept; undefined if this is none of them. */
export function elasticSpans(value: unknown): readonly unknown[] | undefined {
  if (!isObject(value)) return undefined
  if (isJaegerSpan(value)) return [plain(value)]
  if (isJaegerSpan(value['_source'])) return [plain(object(value['_source']))]
  const list: unknown = value['responses'] ?? object(value['hits'])['hits']
  return Array.isArray(list) ? list.flatMap((item: unknown) => elasticSpans(item) ?? [item]) : undefined
}

/** What was found by a search in Elasticsearch, whoever keeps it there; an empty list if this is no answer to one. */
export function foundBy(value: unknown): readonly unknown[] {
  return array(object(object(value)['hits'])['hits']).map((hit) => object(hit)['_source'])
}

/** The line that tells Elasticsearch's bulk interface where the next line's document goes. */
export function isBulkAction(value: unknown): boolean {
  if (!isObject(value)) return false
  const [action, ...others] = Object.entries(value)
  return action !== undefined && others.length === 0 && ['index', 'create'].includes(action[0]) && isObject(action[1])
}

/**
 * The span as Jaeger's API has it: tags that were kept as fields (`tag`, with `@` for the dots) are in the list again, and bytes,
 * which are hexadecimal there, in base64.
 */
function plain(span: Json): Json {
  if (!('startTimeMillis' in span || 'tag' in span)) return span
  const process = object(span['process'])
  return {
    ...span,
    tags: tagsOf(span),
    logs: array(span['logs']).map((log) => ({ ...object(log), fields: array(object(log)['fields']).map(bytesAgain) })),
    ...(isObject(span['process']) ? { process: { ...process, tags: tagsOf(process) } } : {}),
  }
}

function tagsOf(of: Json): unknown[] {
  const fields = Object.entries(object(of['tag'])).map(([key, value]) => ({ key: key.replaceAll('@', '.'), value }))
  return [...array(of['tags']).map(bytesAgain), ...fields]
}

function bytesAgain(tag: unknown): unknown {
  const { type, value } = object(tag)
  if (type !== 'binary' || !/^(?:[0-9a-f]{2})*$/i.test(text(value))) return tag
  return { ...object(tag), value: Buffer.from(text(value), 'hex').toString('base64') }
}
