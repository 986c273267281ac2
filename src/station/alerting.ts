import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { DEFAULT_CONFIG, loadConfig, type AlertConfig } from '../alerts/config.ts'
import { AlertEngine } from '../alerts/engine.ts'
import type { Memory } from '../alerts/memory.ts'
import type { Target } from '../alerts/targets.ts'
import type { Collector } from '../collector/index.ts'
import { inTurns } from '../model/steps.ts'

/** How alerts are set up beside the collector. */
export interface AlertingOptions {
  /** What to watch for; the default rules if left out. */
  readonly alerts?: AlertConfig | undefined
  /** How often rules are evaluated, in ms. Default 10,000. */
  readonly alertEveryMs?: number | undefined
  /** Whether changes are printed; default true. */
  readonly tell?: boolean | undefined
}

const SAVE_MS = 60_000
/** Timelines of more spans are learnt in turns with everything else. */
const LARGE = 20_000

/** Runs the rules over what a collector sees. */
export interface Alerting {
  readonly engine: AlertEngine
  close(): Promise<void>
}

/** @param data where alerts survive a restart; undefined keeps them in memory */
export function startAlerting(collector: Collector, options: AlertingOptions, data: string | undefined): Alerting {
  const engine = new AlertEngine({
    config: options.alerts ?? DEFAULT_CONFIG,
    targets: options.tell === false ? [] : [terminal],
    ...(data !== undefined && { memory: filesIn(data) }),
  })
  let learning = Promise.resolve()
  const failed = (error: Error): void => console.error(`phaseline: alerts could not learn from a timeline: ${error.message}`)
  const stops = [
    collector.on('timeline', (_summary, timeline) => {
      if (timeline.spans.length <= LARGE) engine.learn(timeline)
      else learning = learning.then(() => inTurns(engine.learning(timeline), setImmediate)).catch(failed)
    }),
    collector.on('metrics', (points) => engine.meter(points)),
  ]
  const timers = [setInterval(() => engine.tick(), options.alertEveryMs ?? 10_000), setInterval(() => engine.save(), SAVE_MS)]
  for (const timer of timers) timer.unref()
  return {
    engine,
    async close() {
      for (const stop of stops) stop()
      for (const timer of timers) clearInterval(timer)
      await learning
      await engine.close()
    },
  }
}

/** One line per change, where the collector runs. */
const terminal: Target = {
  name: 'terminal',
  refreshed: false,
  deliver({ change, alert, severity, summary, links }) {
    const where = links.slowest === null ? '' : `\n  ${links.slowest}`
    console.log(`${change === 'resolved' ? 'resolved' : severity} ${alert}: ${summary}${change === 'resolved' ? '' : where}`)
    return Promise.resolve()
  },
}

/** Files that are replaced whole, so that a crash leaves the former ones. */
function filesIn(folder: string): Memory {
  const of = (part: string): string => join(folder, `${part}.json`)
  return {
    load: (part) => (existsSync(of(part)) ? readFileSync(of(part), 'utf8') : null),
    save(part, text) {
      const file = of(part)
      writeFileSync(`${file}.new`, text, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
  }
}

const NAMES = ['json', 'jsonc', 'ts', 'mjs', 'js'].map((ending) => `phaseline.config.${ending}`)

/**
 * The rules to use: of the file that is named, else of a `phaseline.config.*` in the current folder, else the default ones.
 * @throws PhaselineError `ALERT_CONFIG`, with a line for each mistake
 */
export async function alertConfig(file: string | undefined): Promise<AlertConfig> {
  const found = file ?? NAMES.find((name) => existsSync(name))
  return found === undefined ? DEFAULT_CONFIG : loadConfig(resolve(found))
}
