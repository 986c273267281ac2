import type { ListJson } from '../query/wire/list.ts'
import { askPage } from './collector-api.ts'
import { StartError, UsageError } from './command.ts'

/** So many digits of a trace id tell one from all others that are near. */
export const SHORT = 8

/** What is shown of a trace id where there is little room, and taken for it by `wholeId`. */
export function shortId(traceId: string): string {
  return significant(traceId).slice(0, SHORT)
}

/** Ids of 64 bits, as Zipkin and old Jaegers make them, have zeros before: those are the same in all of them. */
function significant(traceId: string): string {
  return traceId.replace(/^0{16}/, '')
}

/** So far back the beginnings of ids are looked for; whole ids are found however old. */
const BACK = 1_500

/**
 * The trace that somebody means: by its id, or its beginning.
 * @param query what is known of it besides
 * @throws UsageError where it is no id, or not enough of one @throws StartError if there is none
 */
export async function wholeId(page: URL, given: string, query: URLSearchParams = new URLSearchParams()): Promise<string> {
  const beginning = given.toLowerCase()
  if (!/^[0-9a-f]{1,32}$/.test(beginning)) throw new UsageError(`"${beginning}" is no trace id, nor the beginning of one`)
  if (beginning.length === 32) return beginning
  query.set('limit', String(BACK))
  const { items } = await newest(page, query)
  const found = items.filter(({ traceId }) => traceId.startsWith(beginning) || significant(traceId).startsWith(beginning))
  if (found.length > 1) throw new UsageError(`${found.length} traces begin with ${beginning}; give more of its id`)
  if (found[0] !== undefined) return found[0].traceId
  throw new StartError(`none of the newest ${BACK} traces begins with ${beginning}; give its whole id`)
}

/** @param query as the API takes it */
export async function newest(page: URL, query: URLSearchParams): Promise<ListJson> {
  return (
    ((await askPage(new URL(`/api/timelines?${query.toString()}`, page))) as ListJson | undefined) ?? { items: [], next: null }
  )
}
