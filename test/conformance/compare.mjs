#!/usr/bin/env node
// Compares results of an implementation with the expectations of the kit.
//
//   node compare.mjs EXPECTED.jsonl ACTUAL.jsonl [--show N] [--json]
//
// EXPECTED: named.jsonl, random.jsonl or urls.jsonl.
// ACTUAL, one line per scenario:
//   {"id", "load": {...}, "requests": [...]}        for scenarios
//   {"id", "results": [...]} or {"id", "build_error": ...}   for url cases
// Exit status 0 if everything agrees on the level "full".
import { readFileSync } from 'node:fs'

const args = process.argv.slice(2)
const asJson = args.includes('--json')
const showAt = args.indexOf('--show')
const show = showAt >= 0 ? Number(args[showAt + 1]) : 0
const files = args.filter((a, i) => !a.startsWith('--') && !(showAt >= 0 && i === showAt + 1))
if (files.length !== 2) {
  console.error('usage: node compare.mjs EXPECTED.jsonl ACTUAL.jsonl [--show N] [--json]')
  process.exit(2)
}

const read = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((l) => l.trim())
    .map((l) => JSON.parse(l))

/** JSON text with sorted keys: two values agree if their texts do. */
const canon = (v) =>
  v === undefined
    ? 'undefined'
    : Array.isArray(v)
      ? '[' + v.map(canon).join(',') + ']'
      : v && typeof v === 'object'
        ? '{' +
          Object.keys(v)
            .filter((k) => v[k] !== undefined)
            .sort()
            .map((k) => JSON.stringify(k) + ':' + canon(v[k]))
            .join(',') +
          '}'
        : JSON.stringify(v)

const LEVELS = ['answer', 'flow', 'full', 'log']
const FLOW = new Set(['init', 'signal', 'receiver', 'hook', 'resolve', 'view', 'render', 'post_render', 'error_handler'])

const answer = (r) => ({
  outcome: r.outcome,
  at: r.at,
  type: r.type,
  status: r.status,
  headers: r.headers,
  body: r.body,
})
const flow = (events) =>
  (events ?? [])
    .filter((e) => FLOW.has(e.e))
    .map((e) => [
      e.e,
      e.name ?? null,
      e.mw ?? null,
      e.hook ?? null,
      e.signal ?? null,
      e.view ?? null,
      e.template ?? null,
      e.code ?? null,
      e.handler ?? null,
      e.out ?? null,
    ])

function view(level, x) {
  const requests = x.requests ?? []
  const load = { error: x.load?.error }
  if (level === 'answer') return { load, requests: requests.map(answer) }
  if (level === 'flow')
    return {
      load: { ...load, events: flow(x.load?.events) },
      requests: requests.map((r) => ({ ...answer(r), flow: flow(r.events) })),
    }
  if (level === 'full') return { load: x.load, requests: requests.map(({ log, ...r }) => r) }
  return { load: x.load, requests }
}

const expected = read(files[0])
const actual = new Map(read(files[1]).map((x) => [x.id, x]))
const isUrls = expected.some((x) => 'checks' in x)

const tally = new Map()
const count = (key, ok) => {
  const t = tally.get(key) ?? { ok: 0, of: 0 }
  t.of += 1
  if (ok) t.ok += 1
  tally.set(key, t)
}
const shown = []
let missing = 0
let allFull = true

for (const want of expected) {
  const got = actual.get(want.id)
  if (!got) missing += 1
  if (isUrls) {
    if (want.build_error) {
      const ok = got?.build_error === want.build_error
      count('checks', ok)
      count('build errors', ok)
      count(`category ${want.category}`, ok)
      if (!ok) {
        allFull = false
        shown.push({ id: want.id, want: want.build_error, got: got?.build_error ?? null })
      }
      continue
    }
    want.checks.forEach((c, i) => {
      const have = got?.results?.[i]
      const kind = 'resolve' in c ? 'resolve' : 'reverse'
      const strip = ({ tried, ...r }) => r
      const ok = have !== undefined && canon(strip(c.expect)) === canon(strip(have))
      const okTried = have !== undefined && canon(c.expect) === canon(have)
      count('checks', ok)
      count(kind, ok)
      count(`category ${want.category}`, ok)
      if (kind === 'resolve' && c.expect.tried) count('tried patterns', okTried)
      if (!okTried) allFull = false
      if (!ok) shown.push({ id: want.id, check: c.resolve ?? c.reverse, want: c.expect, got: have ?? null })
    })
    continue
  }
  let before = true
  for (const level of LEVELS) {
    const a = canon(view(level, want.expect))
    const b = got ? canon(view(level, got)) : 'missing'
    const ok = before && a === b
    before = ok
    count(`level ${level}`, ok)
    count(`level ${level}, tier ${want.tier}`, ok)
    if (level === 'full') {
      count(`full, category ${want.category}`, ok)
      if (!ok) allFull = false
    }
    if (!ok && !shown.some((s) => s.id === want.id)) {
      const w = view(level, want.expect),
        g = got ? view(level, got) : null
      const i = (w.requests ?? []).findIndex((r, k) => canon(r) !== canon(g?.requests?.[k]))
      shown.push({
        id: want.id,
        title: want.title,
        level,
        request: i,
        want: i >= 0 ? w.requests[i] : w.load,
        got: i >= 0 ? (g?.requests?.[i] ?? null) : (g?.load ?? null),
      })
    }
  }
}

if (asJson) {
  console.log(JSON.stringify({ missing, tally: Object.fromEntries(tally) }))
} else {
  if (missing) console.log(`missing: ${missing}`)
  for (const [key, t] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`${String(t.ok).padStart(6)} / ${String(t.of).padEnd(6)} ${key}`)
  }
  for (const s of shown.slice(0, show)) console.log(JSON.stringify(s, null, 1))
}
process.exit(allFull ? 0 : 1)
