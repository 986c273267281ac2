import type { Filter, Store } from '../store/contract.ts'
import { summaryJson } from './summary-json.ts'
import type { ListJson } from './wire/list.ts'

/** A page of the list. */
export async function list(store: Store, filter: Filter): Promise<ListJson> {
  const { items, next } = await store.search(filter)
  return { items: items.map(summaryJson), next }
}
