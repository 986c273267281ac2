import { OWN } from '../model/attributes.ts'
import { ofAttributes } from '../model/shared-attributes.ts'
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

const namesIn = ofAttributes((attributes): { readonly middleware: string | undefined; readonly route: string | undefined } => {
  const [middleware, route] = [attributes.get(OWN.middlewareName), attributes.get('http.route')]
  return {
    middleware: typeof middleware === 'string' ? middleware : undefined,
    route: typeof route === 'string' ? route : undefined,
  }
})

export function tidingsOf(summary: Summary, timeline: Timeline | undefined): Tidings {
  const middlewares = new Set<string>()
  const routes = new Set<string>()
  for (const { source } of timeline?.spans ?? []) {
    if (source === null) continue
    const { middleware, route } = namesIn(source.attributes)
    if (middleware !== undefined) middlewares.add(middleware)
    if (route !== undefined) routes.add(route)
  }
  return { summary, middlewares: [...middlewares], routes: [...routes] }
}

export function newsJson({ summary, middlewares, routes }: Tidings): NewsJson {
  return { ...summaryJson(summary), middlewares: [...middlewares], routes: [...routes] }
}
