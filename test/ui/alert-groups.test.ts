import { expect, test } from 'vitest'
import type { AlertJson, AlertsJson } from '../../src/query/wire/alerts.ts'
import { firingIn, groupsOf } from '../../src/ui/alerts/groups.ts'

function alert(name: string, state: AlertJson['state'], value: number, more: Partial<AlertJson> = {}): AlertJson {
  return {
    id: `${name} ${more.route ?? ''}`,
    rule: 'Slow',
    severity: 'warning',
    state,
    service: 'shop',
    phase: 'middleware.request',
    name,
    hook: 'process_request',
    route: '/',
    summary: '',
    help: '',
    figure: 'p95',
    unit: 'ms',
    value,
    threshold: 50,
    count: 20,
    since: '2026-11-21T02:00:00.000Z',
    firedAt: null,
    resolvedAt: null,
    readings: null,
    slowest: null,
    typical: null,
    ...more,
  }
}

const RULE = { name: 'Slow', severity: 'warning', figure: 'p95', where: {}, words: '', help: '', forMs: 0 } as const
const told = (...alerts: AlertJson[]): AlertsJson => ({ alerts, rules: [RULE], history: [], targets: [] })

test('one slow middleware is one cause, however many routes go through it', () => {
  const all = told(
    alert('Session', 'firing', 60),
    alert('Csrf', 'firing', 70),
    alert('Session', 'firing', 80, { route: '/books/' }),
  )
  expect(groupsOf(all).map(({ alerts }) => [alerts[0].name, alerts.length])).toEqual([
    ['Session', 2],
    ['Csrf', 1],
  ])
  expect(firingIn(all)).toBe(3)
})

test('in a cause what fires comes before what is pending, the farthest over its threshold first', () => {
  const later = { since: '2026-11-21T02:05:00.000Z' }
  const [cause] = groupsOf(
    told(
      alert('Session', 'pending', 900),
      alert('Session', 'firing', 60, { route: '/a', ...later }),
      alert('Session', 'firing', 80, { route: '/b', ...later }),
    ),
  )
  expect(cause?.alerts.map(({ value }) => value)).toEqual([80, 60, 900])
  expect([cause?.firing, cause?.since]).toEqual([2, '2026-11-21T02:00:00.000Z'])
})

test('what has resolved is no cause', () => {
  expect(groupsOf(told(alert('Session', 'inactive', 10)))).toEqual([])
})
