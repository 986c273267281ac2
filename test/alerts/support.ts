import { AlertEngine, type EngineOptions } from '../../src/alerts/engine.ts'
import type { Memory } from '../../src/alerts/memory.ts'
import type { Notification } from '../../src/alerts/notification.ts'
import type { Observation, Subject } from '../../src/alerts/observation.ts'
import type { Rule } from '../../src/alerts/rule.ts'
import { parseRules } from '../../src/alerts/rule.ts'
import type { Target } from '../../src/alerts/targets.ts'

export const SESSION: Subject = {
  service: 'bookshop',
  phase: 'middleware.response',
  name: 'SessionMiddleware',
  hook: 'process_response',
  route: '/books/<int:id>/',
}

/** A memory that is as good as a disk. */
export function inMemory(): Memory {
  const kept = new Map<string, string>()
  return { load: (part) => kept.get(part) ?? null, save: (part, text) => void kept.set(part, text) }
}

/** One valid rule, with what a test changes. */
export function rule(changes: Record<string, unknown> = {}): Rule {
  const { rules, issues } = parseRules([
    {
      name: 'Slow',
      where: { phase: 'middleware.*' },
      figure: 'p95',
      above: '50ms',
      window: '1m',
      for: '1m',
      minCount: 5,
      ...changes,
    },
  ])
  if (issues.length > 0) throw new Error(JSON.stringify(issues))
  return rules[0] as Rule
}

/** An engine on a clock of its own, and a target that writes down what it is told. */
export function bench(rules: readonly Rule[], options: EngineOptions = {}): Bench {
  const told: Notification[] = []
  const target: Target = {
    name: 'test',
    refreshed: false,
    deliver: (notification) => (told.push(notification), Promise.resolve()),
  }
  const clock = { now: options.now?.() ?? Date.UTC(2026, 10, 21) }
  const engine = new AlertEngine({
    config: { rules, notify: { webhooks: [], slack: [], alertmanagers: [] } },
    targets: [target],
    ...options,
    now: () => clock.now,
  })
  let spans = 0
  return {
    engine,
    told,
    clock,
    pass(seconds, ms, perSecond = 1, changes = {}) {
      for (let second = 0; second < seconds; second++) {
        clock.now += 1000
        for (let i = 0; i < perSecond; i++) {
          const id = String(++spans)
          engine.series.observe({
            subject: SESSION,
            selfSeconds: ms / 1000,
            share: 0.5,
            error: false,
            traceId: id,
            at: clock.now,
            ...changes,
          })
        }
        if (second % 10 === 9) engine.tick()
      }
    },
    changes: () => engine.history.map((event) => event.change),
  }
}

export interface Bench {
  engine: AlertEngine
  told: Notification[]
  clock: { now: number }
  /** Lets time pass with requests whose self time is `ms`; evaluates every ten seconds. */
  pass: (seconds: number, ms: number, perSecond?: number, changes?: Partial<Observation>) => void
  changes: () => string[]
}
