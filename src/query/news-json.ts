import { OWN } from '../model/attributes.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'
import { summaryJson } from './summary-json.ts'
import type { NewsJson } from './wire/list.ts'

/** A summary, and what else of its timeline a list can be narrowed by: the store finds a request by any of its spans. */
export function newsJson(summary: Summary, timeline: Timeline | undefined): NewsJson {
  const middlewares = new Set<string>()
  const routes = new Set<string>()
  for (const { source } of timeline?.spans ?? []) {
    const [name, route] = [source?.attributes.get(OWN.middlewareName), source?.attributes.get('http.route')]
    if (typeof name === 'string') middlewares.add(name)
    if (typeof route === 'string') routes.add(route)
  }
  return { ...summaryJson(summary), middlewares: [...middlewares], routes: [...routes] }
}
