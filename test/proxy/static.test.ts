import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { proxy, type RunningProxy } from '../../src/proxy/index.ts'
import { recorder } from '../recorder.ts'
import { ask, target, type Target } from './upstream.ts'

const STYLE = 'body { color: teal }'
let app: Target
let running: RunningProxy
const root = mkdtempSync(join(tmpdir(), 'phaseline-static-'))

beforeAll(async () => {
  const folder = join(root, 'static')
  mkdirSync(join(folder, 'sub dir'), { recursive: true })
  mkdirSync(join(root, 'static-private'))
  writeFileSync(join(root, 'secret.txt'), 'secret')
  writeFileSync(join(root, 'static-private', 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'style.css'), STYLE)
  writeFileSync(join(folder, 'empty.txt'), '')
  writeFileSync(join(folder, '.env'), 'secret')
  writeFileSync(join(folder, 'sub dir', 'a.txt'), 'a')
  symlinkSync(join(root, 'secret.txt'), join(folder, 'link.txt'))
  app = await target((_sent, response) => void response.end('the app'))
  running = await proxy({ target: app.url, static: { '/static/': folder } })
})
afterAll(async () => {
  await Promise.all([app.close(), running.close()])
  rmSync(root, { recursive: true })
})

test('a file is served with its type, and the app is not asked', async () => {
  const seen = recorder()
  const ended = seen.ended()
  const { status, headers, text } = await ask(running.url, '/static/style.css?v=1')
  await ended
  seen.restore()
  expect([status, text]).toEqual([200, STYLE])
  expect(headers).toMatchObject({ 'content-type': 'text/css; charset=utf-8', 'content-length': String(STYLE.length) })
  expect(seen.sentences()).toEqual(['proxy GET > proxy receive', 'proxy GET > proxy respond'])
  expect(seen.find('proxy').attributes).toMatchObject({ 'phaseline.proxy.static': true, 'http.response.status_code': 200 })
})

test('names may have what URLs encode, and files may be empty', async () => {
  expect((await ask(running.url, '/static/sub%20dir/a.txt')).text).toBe('a')
  expect(await ask(running.url, '/static/empty.txt')).toMatchObject({ status: 200, text: '' })
})

test('HEAD has the length and no body', async () => {
  const { headers, text } = await ask(running.url, '/static/style.css', { method: 'HEAD' })
  expect([headers['content-length'], text]).toEqual([String(STYLE.length), ''])
})

test('who has it already is told so', async () => {
  const { headers } = await ask(running.url, '/static/style.css')
  const tag = String(headers.etag)
  const since = String(headers['last-modified'])
  const statusWith = async (conditions: Record<string, string>): Promise<number> =>
    (await ask(running.url, '/static/style.css', { headers: conditions })).status
  expect(await statusWith({ 'if-none-match': `"other", ${tag}` })).toBe(304)
  expect(await statusWith({ 'if-none-match': '"other"', 'if-modified-since': since })).toBe(200)
  expect(await statusWith({ 'if-modified-since': since })).toBe(304)
  expect(await statusWith({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).toBe(200)
})

test('nothing but reading is allowed', async () => {
  const { status, headers } = await ask(running.url, '/static/style.css', { method: 'POST', body: 'x' })
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
})

test.each([
  '/static/../secret.txt',
  '/static/..%2fsecret.txt',
  '/static/%2e%2e/secret.txt',
  '/static/%2e%2e%2fsecret.txt',
  '/static/..%5csecret.txt',
  '/static/sub%20dir/../../secret.txt',
  '/static/..%2fstatic-private%2fsecret.txt',
  '/static/%252e%252e%252fsecret.txt',
  '/static/link.txt',
  '/static/.env',
  '/static//etc/passwd',
  '/static/%2fetc%2fpasswd',
  '/static/style.css%00.txt',
  '/static/%E0%A4%A',
  '/static/sub%20dir',
  '/static/',
  '/static/missing.css',
])('%s is not found', async (path) => {
  expect(await ask(running.url, path)).toMatchObject({ status: 404, text: '404\n' })
})

test('what only begins like the prefix goes to the app', async () => {
  expect((await ask(running.url, '/static')).text).toBe('the app')
  expect((await ask(running.url, '/statics/style.css')).text).toBe('the app')
})
