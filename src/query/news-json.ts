import { OWN } from '../model/attributes.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'
import { summaryJson } from './summary-json.ts'
import type { NewsJson } from './wire/list.ts'

/** What the list shows of a timeline, apart from it: timelines are large, and most news nobody reads. */
export interface Tidings {
  readonly summary: Summary
  /** What else a list can be narrowed by: the store finds a request by any of its spans. */
  readonly middlewares: readonly string[]
  readonly routes: readonly string[]
}

export function tidingsOf(summary: Summary, timeline: Timeline | undefined): Tidings {
  const middlewares = new Set<string>()
  const routes = new Set<string>()
  for (const { source } of timeline?.spans ?? []) {
    const [name, route] = [source?.attributes.get(OWN.middlewareName), source?.attributes.get('http.route')]
    if (typeof name === 'string') middlewares.add(name)
    if (typeof route === 'string') routes.add(route)
  }
  return { summary, middlewares: [...middlewares], routes: [...routes] }
}

export function newsJson({ summary, middlewares, routes }: Tidings): NewsJson {
  return { ...summaryJson(summary), middlewares: [...middlewares], routes: [...routes] }
}
