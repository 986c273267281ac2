import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const src = resolve(import.meta.dirname, '../src')

/** Every module that a fresh process has loaded once tracing has started, by its URL. */
async function loaded(): Promise<string[]> {
  const code = `
    import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ load(url, context, next) { seen.push(url); return next(url, context) } })
    await import(${JSON.stringify(pathToFileURL(join(src, 'register.ts')).href)})
    process.stdout.write(JSON.stringify(seen), () => process.exit(0))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  return JSON.parse(stdout) as string[]
}

test('what runs inside the app loads nothing of the collector', async () => {
  const rooms = (await loaded())
    .filter((url) => url.startsWith(pathToFileURL(src).href))
    .map((url) => url.slice(pathToFileURL(src).href.length + 1).split('/'))
    .map((parts) => (parts.length === 1 ? '(entry)' : (parts[0] as string)))
  expect(rooms.length).toBeGreaterThan(20)
  const inside = ['(entry)', 'model', 'agent', 'otlp', 'gateway', 'express', 'client', 'database']
  expect(new Set(rooms)).toEqual(new Set(inside))
})

test('of other packages it loads OpenTelemetry’s API only', async () => {
  const packages = (await loaded())
    .map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1])
    .filter((name) => name !== undefined)
  expect(new Set(packages)).toEqual(new Set(['@opentelemetry/api']))
})

test('what is costly to start is left until it is wanted', async () => {
  const urls = await loaded()
  for (const name of ['node:zlib', 'node:http2', 'node:https', 'node:worker_threads', 'node:sqlite', 'node:crypto']) {
    expect(urls).not.toContain(name)
  }
  // Metrics are measured and served for who asks.
  expect(urls.filter((url) => /agent\/metrics\/(meter|totals|exposed|prometheus)|openmetrics/.test(url))).toEqual([])
  // Decoding is the collector's.
  expect(urls.filter((url) => /otlp\/decode/.test(url))).toEqual([])
})

test('nor does it load what Node loads only for those who ask: undici', async () => {
  const register = JSON.stringify(pathToFileURL(join(src, 'register.ts')).href)
  const code = `await import(${register}); process.stdout.write(process.moduleLoadList.join(), () => process.exit(0))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  expect(stdout).toContain('NativeModule http')
  expect(stdout).not.toContain('undici')
})
