import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** The oldest API of OpenTelemetry that we take; what an app has, and we with it. */
const API = '@opentelemetry/api@1.9.0'

/** The package as a user gets it: packed, and installed in an empty folder. */
const run = promisify(execFile)
const project = resolve(import.meta.dirname, '..')
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
  exports: Record<string, string>
  version: string
}
let home = ''
let tarball = ''

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'phaseline-package-'))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', home], { cwd: project, maxBuffer: 1 << 26 })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }]
  tarball = join(home, packed.filename)
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }))
  await run('npm', ['install', '--no-audit', '--no-fund', tarball, 'express@5.3.0', API], { cwd: home, maxBuffer: 1 << 26 })
}, 240_000)

afterAll(() => rmSync(home, { recursive: true, force: true }))

test('every export can be imported where the package is installed', async () => {
  // `register` starts tracing, `testing/vitest` needs a vitest, which this folder has not, and `browser/script` a page.
  const names = Object.keys(manifest.exports).filter((name) => !/json$|register$|vitest$|script$/.test(name))
  const code = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(await import(name.replace('.', 'phaseline'))).length > 0)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: home })
  expect(stdout.trim().split('\n')).toEqual(names.map((name) => `${name} true`))
})

test('the API of OpenTelemetry is the copy that the app has: a second one would not see its SDK', async () => {
  const { stdout } = await run('npm', ['ls', '--parseable', '--all', '@opentelemetry/api'], { cwd: home })
  expect(stdout.trim().split('\n')).toEqual([join(realpathSync(home), 'node_modules/@opentelemetry/api')])
})

test('npx phaseline answers', async () => {
  const { stdout } = await run('npx', ['phaseline', '--version'], { cwd: home })
  expect(stdout.trim()).toBe(manifest.version)
})

test('node --import phaseline/register makes an untouched Express app send its phases', async () => {
  const bodies: Buffer[] = []
  const sink = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk))
    request.on('end', () => response.setHeader('content-type', 'application/x-protobuf').end())
  }).listen(0, '127.0.0.1')
  await once(sink, 'listening')
  writeFileSync(
    join(home, 'app.js'),
    `import express from 'express'
     const app = express()
     app.use(function tokens(request, response, next) { next() })
     app.get('/books/:id', function bookPage(request, response) { response.json({ id: request.params.id }) })
     const server = app.listen(0, '127.0.0.1', async () => {
       const answer = await fetch('http://127.0.0.1:' + server.address().port + '/books/7')
       console.log(await answer.text())
       server.close(); server.closeAllConnections()
     })`,
  )
  const { stdout } = await run(process.execPath, ['--import', 'phaseline/register', 'app.js'], {
    cwd: home,
    env: {
      ...process.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(sink.address() as AddressInfo).port}`,
      OTEL_SERVICE_NAME: 'shop',
    },
  })
  sink.close()
  expect(stdout).toContain('{"id":"7"}')
  const sent = Buffer.concat(bodies).toString('latin1')
  for (const name of ['GET /books/:id', 'tokens', 'bookPage', 'middleware.request']) expect(sent).toContain(name)
})

test('npx phaseline demo shows requests at the address it prints', { timeout: 90_000 }, async () => {
  const demo = spawn('npx', ['phaseline', 'demo', '--port', '0', '--otlp-port', '0'], {
    cwd: home,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let said = ''
    let address: string | undefined
    for await (const chunk of demo.stdout) {
      said += String(chunk)
      address = /http:\/\/\S+/.exec(said)?.[0]
      if (address !== undefined) break
    }
    await expect
      .poll(async () => ((await (await fetch(new URL('/api/timelines', address))).json()) as { items: unknown[] }).items.length, {
        timeout: 60_000,
        interval: 500,
      })
      .toBeGreaterThan(0)
    expect(await (await fetch(address as string)).text()).toContain('<title>')
  } finally {
    process.kill(-(demo.pid as number), 'SIGTERM')
    await once(demo, 'exit')
  }
})

test('publint finds nothing wrong with the package', { timeout: 60_000 }, async () => {
  const { stdout } = await run('publint', ['run', tarball, '--strict'], { cwd: project })
  expect(stdout).toMatch(/all good/i)
})

test('the types are right for those who import it', { timeout: 60_000 }, async () => {
  // Ends with 1 if a problem is found; a package of ES modules only is none.
  const { stdout } = await run(
    'attw',
    [tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'browser/script', '--no-color'],
    { cwd: project, maxBuffer: 1 << 26 },
  )
  expect(stdout).toContain('phaseline/lifecycle')
})
