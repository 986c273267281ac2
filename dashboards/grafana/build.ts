/**
 * Writes the Grafana dashboards beside this file: `node dashboards/grafana/build.ts`. The JSON is committed, so that a provisioned
 * Grafana needs no build; a test holds the two together.
 */
import { writeFileSync } from 'node:fs'
import { collector } from './collector.ts'
import { middleware } from './middleware.ts'
import { requests } from './requests.ts'

/** File name → dashboard, as it is committed. */
export const DASHBOARDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ middleware, requests, collector }).map(([name, made]) => [
    `phaseline-${name}.json`,
    `${JSON.stringify(made.build(), null, 2)}\n`,
  ]),
)

if (import.meta.main) for (const [name, text] of Object.entries(DASHBOARDS)) writeFileSync(new URL(name, import.meta.url), text)
