import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** Who may import whom: a folder of `src` is a room, and each imports only what its row names. The entries of `src` compose. */
const ROOMS: Record<string, string[] | 'all'> = {
  model: [],
  lifecycle: ['model'],
  express: ['model'],
  gateway: ['model'],
  client: ['model'],
  proxy: ['model', 'client'],
  database: ['model'],
  otlp: ['model'],
  formats: ['model', 'otlp'],
  agent: ['model', 'otlp'],
  stitch: ['model'],
  store: ['model'],
  collector: ['model', 'otlp', 'stitch', 'store'],
  alerts: ['model', 'store'],
  query: ['model', 'otlp', 'stitch', 'store', 'alerts', 'lifecycle'],
  browser: ['model'],
  station: ['model', 'formats', 'collector', 'alerts', 'query', 'agent'],
  ui: ['query'],
  testing: ['model', 'otlp', 'stitch', '(entry)'],
  demo: 'all',
  cli: 'all',
}

const src = resolve(import.meta.dirname, '../src')
const files = globSync('**/*.{ts,tsx}', { cwd: src })

/** The files of `src` that a file imports, static or dynamic, types too. */
function imports(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...found].map((match) => relative(src, resolve(src, dirname(file), match[1] as string)))
}

const roomOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] as string) : '(entry)')

test('every folder of src is a room of the table', () => {
  expect([...new Set(files.map(roomOf))].filter((room) => room !== '(entry)' && !(room in ROOMS))).toEqual([])
})

test('each room imports only what its row names', () => {
  const strays = files.flatMap((file) => {
    const room = roomOf(file)
    const allowed = room === '(entry)' ? 'all' : (ROOMS[room] ?? [])
    if (allowed === 'all') return []
    return imports(file)
      .filter((target) => roomOf(target) !== room && !allowed.includes(roomOf(target)))
      .map((target) => `${file} → ${target}`)
  })
  expect(strays).toEqual([])
})

test('the viewer imports types of the query room only', () => {
  const offending = files
    .filter((file) => roomOf(file) === 'ui')
    .filter((file) => {
      const text = readFileSync(join(src, file), 'utf8')
      return [...text.matchAll(/^import (type )?.*'(?:\.\.\/)+query\/[^']+'/gm)].some((match) => match[1] === undefined)
    })
  expect(offending).toEqual([])
})
