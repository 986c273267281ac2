import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { DASHBOARDS } from '../../dashboards/grafana/build.ts'
import { METRICS } from '../../src/model/metric-families.ts'
import { SPAN_METRICS } from '../../src/alerts/span-metrics.ts'
import { installed, missing } from '../tools.ts'

const folder = resolve(import.meta.dirname, '../../dashboards')
const read = (file: string): string => readFileSync(resolve(folder, file), 'utf8')
const rules = read('prometheus/rules.yaml')

test.each(Object.keys(DASHBOARDS))('%s is what the builder writes', (name) => {
  expect(read(`grafana/${name}`)).toBe(DASHBOARDS[name])
})

test('every metric that a dashboard or a rule names exists in the code', () => {
  const known: string[] = [...Object.values(METRICS), ...Object.values(SPAN_METRICS)]
  const text = Object.values(DASHBOARDS).join('\n') + rules.replaceAll(/^ +(summary|runbook):.*$/gm, '')
  const named = new Set(text.match(/\b(phaseline|traces)_[a-z_]+/g))
  const strangers = [...named].filter((name) => !known.includes(name.replace(/_(total|bucket|count|sum)$/, '')))
  expect(named.size).toBeGreaterThan(5)
  expect(strangers).toEqual([])
})

test('every recorded series that is used is recorded', () => {
  const recorded = new Set([...rules.matchAll(/record: (\S+)/g)].map((match) => match[1]))
  const used = new Set((Object.values(DASHBOARDS).join('\n') + rules).match(/\bphaseline:[a-z_0-9]+:[a-z_0-9]+/g))
  expect([...used].filter((name) => !recorded.has(name))).toEqual([])
})

test('every alert says what it means and where to look', () => {
  const alerts = rules.split('- alert: ').slice(1)
  expect(alerts.length).toBeGreaterThan(5)
  for (const alert of alerts) expect(alert).toMatch(/summary: [\s\S]*runbook: /)
})

test('in the compose file the collector answers to the name that the others call it by', () => {
  const compose = read('compose.yaml')
  const called = [read('prometheus/prometheus.yaml'), read('grafana/provisioning/datasources/phaseline.yaml')].flatMap((text) =>
    [...text.matchAll(/([a-z]+):7427/g)].map((match) => match[1] as string),
  )
  expect(called).toEqual(['phaseline', 'phaseline'])
  for (const name of new Set(called)) expect(compose).toContain(`--allow-host ${name} `)
})

const check = (program: string, ...args: string[]): void => {
  const { status, stdout, stderr } = spawnSync(installed(program) as string, args, { cwd: folder, encoding: 'utf8' })
  expect(status, stdout + stderr).toBe(0)
}

test.skipIf(missing('promtool'))('the real promtool accepts the rules, and they fire as their tests say', () => {
  check('promtool', 'check', 'rules', 'prometheus/rules.yaml')
  check('promtool', 'test', 'rules', 'prometheus/rules.test.yaml')
  check('promtool', 'check', 'config', 'prometheus/prometheus.yaml')
})

test.skipIf(missing('promtool'))('the job for apps that serve their metrics themselves is right once its signs are off', () => {
  const commented = read('prometheus/prometheus.yaml')
  const on = commented.replaceAll(/^ {2}# (?=- job_name|  )/gm, '  ')
  expect(on).toContain('\n  - job_name: apps\n')
  const file = join(mkdtempSync(join(tmpdir(), 'phaseline-prometheus-')), 'prometheus.yaml')
  writeFileSync(file, on.replace('rule_files: [rules.yaml]', ''))
  check('promtool', 'check', 'config', file)
})

test.skipIf(missing('amtool'))('the real amtool accepts the Alertmanager example', () => {
  check('amtool', 'check-config', 'alertmanager/alertmanager.yaml')
})
