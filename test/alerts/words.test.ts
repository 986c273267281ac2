import { expect, test } from 'vitest'
import type { Subject } from '../../src/alerts/observation.ts'
import { DEFAULT_RULES, parseRules, type Rule } from '../../src/alerts/rule.ts'
import { measuredWords, ruleWords, spokenOf } from '../../src/alerts/words.ts'

const rule = (given: object): Rule => parseRules([{ name: 'One', ...given }]).rules[0] as Rule

test('the default rules read as sentences', () => {
  expect(DEFAULT_RULES.map(ruleWords)).toEqual([
    '1 call in 20 of any middleware takes longer than 50 ms of its own time (p95), over the last 5 min. Fires when that lasts for 5 min; fewer than 20 calls say nothing.',
    '1 call of any middleware has been running for longer than 30 s. Fires at once.',
    '1 call in 20 of any middleware takes more than 3 times its usual time, and longer than 5 ms (p95 of its own time), over the last 5 min. Fires when that lasts for 5 min; fewer than 20 calls say nothing.',
  ])
})

test.each([
  [
    { where: { name: 'Session*' }, figure: 'p99', above: '20ms' },
    '1 call in 100 of anything named Session* takes longer than 20 ms',
  ],
  [{ where: { phase: 'db', service: 'shop' }, figure: 'p50', above: 5 }, 'Half of the queries in shop take longer than 5 ms of'],
  [
    { where: { phase: 'gateway', route: '/pay' }, figure: 'error_rate', above: 0.05 },
    'More than 5 % of the requests on /pay fail, over',
  ],
  [{ where: { phase: 'render' }, figure: 'share', above: 0.4 }, 'The renderings take more than 40 % of their requests’ time'],
  [
    { figure: 'in_flight_age', above: '90s', minCount: 3 },
    '3 calls of anything have been running for longer than 90 s. Fires at',
  ],
  [{ where: { phase: 'db', name: 'SELECT *' }, figure: 'p75', above: 5 }, '1 query in 4 named SELECT * takes longer than 5 ms'],
  [{ where: { phase: 'respond' }, figure: 'p90', above: '2s' }, '1 call in 10 of the phase respond takes longer than 2 s of'],
])('the rule %j reads as a sentence', (given, words) => {
  expect(ruleWords(rule(given))).toContain(words)
})

test('a rule that takes each route by itself says so', () => {
  expect(ruleWords(rule({ figure: 'p95', above: 5, perRoute: true }))).toMatch(/ Each route counts by itself\.$/)
})

const SUBJECT: Subject = { service: 'shop', phase: 'middleware.request', name: 'Session', hook: '', route: '' } as const

test.each([
  [{ figure: 'p95', above: 50 }, 60.54, 50, '1 call in 20 takes 60.5 ms or more of its own time (p95); the limit is 50 ms'],
  [
    { figure: 'p50', timesUsual: 3 },
    61,
    20,
    'half of the calls take 61 ms or more of its own time (p50); the limit is 20 ms, 3 times what is usual',
  ],
  [{ figure: 'error_rate', above: 0.05 }, 0.125, 0.05, '12.5 % of the calls fail; the limit is 5 %'],
  [{ figure: 'share', above: 0.3 }, 0.4, 0.3, 'takes 40 % of its requests’ time; the limit is 30 %'],
  [{ figure: 'p95', above: 50 }, null, 50, 'too few calls to say; the limit is 50 ms'],
])('what was measured by %j reads as a sentence', (given, value, threshold, words) => {
  expect(measuredWords(rule(given), SUBJECT, value, threshold)).toBe(words)
})

test('what a rule speaks of has a name', () => {
  expect(spokenOf(rule({ where: { phase: 'db', service: 'shop' }, figure: 'p95', above: 5 }))).toBe('queries in shop')
  expect(spokenOf(DEFAULT_RULES[0] as Rule)).toBe('calls of any middleware')
})
