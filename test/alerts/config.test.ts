import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadConfig } from '../../src/alerts/config.ts'

const home = mkdtempSync(join(tmpdir(), 'phaseline-config-'))
afterAll(() => rmSync(home, { recursive: true }))

const file = (text: string, name = 'phaseline.config.json'): string => {
  const path = join(home, name)
  writeFileSync(path, text)
  return path
}
const mistakes = async (text: string): Promise<string[]> =>
  loadConfig(file(text)).then(
    () => [],
    (error: Error) => error.message.replaceAll(`${home}/`, '').split('\n'),
  )

test('a file with comments is read, durations in words', async () => {
  const config = await loadConfig(
    file(`{
  // sessions are slow
  "rules": [{ "name": "SlowSession", "where": { "name": "Session*" }, "figure": "p99", "above": "0.2s", "for": "2m" }],
  "notify": { "webhooks": ["http://127.0.0.1:9/hook"] } /* nobody else */
}`),
  )
  expect(config.rules[0]).toMatchObject({ above: 200, for: 120_000, window: 300_000, severity: 'warning' })
  expect(config.notify.webhooks).toEqual(['http://127.0.0.1:9/hook'])
})

test('a module is read', async () => {
  const path = file(`export default { rules: [{ name: 'A', figure: 'p50', above: 5 }] }`, 'phaseline.config.mjs')
  expect((await loadConfig(path)).rules[0]?.name).toBe('A')
})

test('a file that is not there is said so, without a stack', async () => {
  await expect(loadConfig(join(home, 'none.json'))).rejects.toMatchObject({
    code: 'ALERT_CONFIG',
    message: `${join(home, 'none.json')}: there is no such file`,
  })
})

test('without rules, the default ones hold', async () => {
  expect((await loadConfig(file('{}'))).rules.map((rule) => rule.name)).toEqual([
    'SlowMiddleware',
    'HangingMiddleware',
    'MiddlewareSlowerThanUsual',
  ])
})

test('every mistake is told with its line, its place and what is allowed', async () => {
  const said = await mistakes(`{
  "rules": [
    { "name": "A", "figure": "p95", "above": "50ms" },
    {
      "name": "B",
      "figure": "p42",
      "above": "fast",
      "colour": "red"
    }
  ],
  "notify": {
    "webhooks": ["ftp://somewhere"]
  }
}`)
  expect(said).toEqual([
    expect.stringMatching(/^phaseline\.config\.json:6: rules\[1\]\.figure must be one of p50, p75/),
    expect.stringMatching(/^phaseline\.config\.json:7: rules\[1\]\.above must be a number or a duration/),
    expect.stringMatching(/^phaseline\.config\.json:8: rules\[1\]\.colour is not known here; known: name, severity/),
    'phaseline.config.json:12: notify.webhooks[0] must be an http(s) URL',
  ])
})

test.each([
  ['{ "rules": [{ "name": "A", "figure": "p95" }] }', /needs either "above" or "timesUsual"/],
  ['{ "rules": [{ "name": "A", "figure": "p95", "above": 1, "timesUsual": 2 }] }', /needs either/],
  ['{ "rules": [{ "name": "A", "figure": "share", "timesUsual": 2 }] }', /goes with a quantile/],
  [
    '{ "rules": [{ "name": "A", "figure": "p95", "above": 1 }, { "name": "A", "figure": "p95", "above": 1 }] }',
    /rules\[1\]\.name is the name of another rule/,
  ],
  [
    '{ "rules": [{ "name": "A", "figure": "p95", "above": 1, "where": { "phase": "middelware" } }] }',
    /rules\[0\]\.where\.phase is no phase/,
  ],
  ['{ "rule": [] }', /:1: rule is not known here; known: rules, notify/],
  ['{\n "rules": [}\n}', /:2: is no JSON: value expected/],
  ['[]', /must be an object/],
  ['{ "notify": null }', /notify must be an object with webhooks/],
])('%s is refused', async (text, message) => {
  expect((await mistakes(text)).join('\n')).toMatch(message)
})
