import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openSink } from '../../src/cli/sink.ts'
import { decodeTraces } from '../../src/otlp/decode.ts'

const bin = join(import.meta.dirname, '../../src/cli/bin.ts')
const home = mkdtempSync(join(tmpdir(), 'phaseline-run-'))
afterAll(() => rmSync(home, { recursive: true }))

function run(code: string, ...before: string[]): ChildProcess {
  const app = join(home, `${crypto.randomUUID()}.mjs`)
  writeFileSync(app, code)
  return spawn(process.execPath, [bin, 'run', ...before, app, 'one', 'two'], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What is said on standard error when an app ran that sends to nobody. */
async function complaints(code: string, env: Readonly<Record<string, string>>): Promise<string> {
  const app = join(home, `${crypto.randomUUID()}.mjs`)
  writeFileSync(app, code)
  const child = spawn(process.execPath, [bin, 'run', '--to', 'http://127.0.0.1:1', app], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child, 'close')
  return said
}

test('the app gets its arguments, and its exit code is passed on', async () => {
  const child = run('console.log(process.argv.slice(2).join()); process.exitCode = 7')
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
  expect(await once(child, 'close')).toEqual([7, null])
  expect(said).toBe('one,two\n')
})

test('the phases of its requests go where --to says', async () => {
  const sink = await openSink()
  const child = run(
    `import { createServer } from 'node:http'
     const server = createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1', async () => {
       await (await fetch('http://127.0.0.1:' + server.address().port)).text()
       server.close()
     })`,
    '--to',
    sink.url,
  )
  expect(await once(child, 'close')).toEqual([0, null])
  await sink.close()
  const names = sink.bodies.flatMap((body) =>
    decodeTraces(body, 'protobuf').spans.map(({ attributes }) => attributes.get('phaseline.phase')),
  )
  expect(names).toEqual(expect.arrayContaining(['client', 'gateway']))
})

test('spans that nobody takes are said once for each address, in a line, unless OTEL_LOG_LEVEL says otherwise', async () => {
  const code = `import { createServer } from 'node:http'
     const server = createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1', async () => {
       await (await fetch('http://127.0.0.1:' + server.address().port)).text()
       server.close()
     })`
  expect(await complaints(code, {})).toMatch(
    /^(phaseline: what was recorded is dropped, because .*127\.0\.0\.1:1\/v1\/(traces|metrics).*\n){2}$/,
  )
  expect(await complaints(code, { OTEL_LOG_LEVEL: 'none' })).toBe('')
})

test('an SDK that is started after us is told so, in lines', async () => {
  const code = `import api from '${createRequire(import.meta.url).resolve('@opentelemetry/api')}'
    api.trace.setGlobalTracerProvider({ getTracer() {} })`
  const said = await complaints(code, {})
  expect(said).toMatch(/Attempted duplicate registration of API: trace\n$/)
  expect(said.split('\n')).toHaveLength(2)
})

test('a signal goes on to the app, which has the last word', async () => {
  const child = run(`process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1e6); console.log('ready')`)
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([3, null])
})

test('a file that is not there is said in one line', async () => {
  const child = spawn(process.execPath, [bin, 'run', './nothing/here.js'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(child, 'close')) as [number]
  expect([code, said]).toEqual([1, 'phaseline: there is no file ./nothing/here.js (phaseline run --help)\n'])
})
