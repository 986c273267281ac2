import type { Summary } from '../model/summary.ts'
import type { Page, Store } from '../store/contract.ts'
import type { ListQuery } from './filter.ts'
import { summaryJson } from './summary-json.ts'
import type { ListJson } from './wire.ts'

/** Pages of the store that one answer reads at most, when it has to look at each line itself. */
const MOST_PAGES = 20

/** A page of the list. A class of statuses is picked from the store's pages, whole pages at a time, so that its cursor stays true. */
export async function list(store: Store, { filter, statusClass }: ListQuery): Promise<ListJson> {
  const wanted = filter.limit ?? 20
  const fits = ({ status }: Summary): boolean => statusClass === undefined || Math.floor((status ?? 0) / 100) === statusClass
  const items: Summary[] = []
  let page: Page | undefined
  for (let read = 0; read < MOST_PAGES && items.length < wanted && page?.next !== null; read++) {
    page = await store.search(page === undefined ? filter : { ...filter, cursor: page.next })
    items.push(...page.items.filter(fits))
    if (statusClass === undefined) break
  }
  return { items: items.map(summaryJson), next: page?.next ?? null }
}
