import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { phaseline, type Program } from '../cli/programs.ts'

/** Where these demos put what they leave: nothing. */
const folder = mkdtempSync(join(tmpdir(), 'phaseline-command-'))
afterAll(() => rmSync(folder, { recursive: true }))
const leftovers = (): string[] => readdirSync(folder)
const start = (args: string[], env: Record<string, string> = {}): Program =>
  phaseline(['demo', '--port', '0', '--otlp-port', '0', '--shop-port', '0', ...args], { TMPDIR: folder, ...env })

test('it says first where the page is, Ctrl-C ends everything with 0, and it runs again on the same ports', async () => {
  const first = start([])
  const [said, page = '', shop = '', otlp = ''] = await first.says(/^(http:\S+)\n[^]*?(https:\S+?)\/books\/[^]*--to (\S+)/)
  expect(said.split('\n').length).toBeLessThan(10)
  expect(said).toContain(` get -k --to ${otlp} --page ${page} ${shop}/books/`)
  expect((await fetch(`${page}/api/status`)).status).toBe(200)
  expect(await first.stop('SIGINT')).toBe(0)
  expect(first.complained()).toBe('')
  expect(leftovers()).toEqual([])
  for (const url of [page, shop, otlp]) await expect(fetch(url)).rejects.toThrow('fetch failed')
  const again = start(['--port', new URL(page).port, '--otlp-port', new URL(otlp).port])
  await again.says(new RegExp(`^${page}\n`))
  expect(await again.stop()).toBe(0)
})

test('a port that is taken is said in one line, and nothing is left running', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const demo = start(['--port', String(port)])
  expect(await demo.ended()).toBe(1)
  expect(demo.complained()).toMatch(new RegExp(`^phaseline: port ${port}, which the page needs, is taken by .*--port\n$`))
  expect([demo.said(), leftovers()]).toEqual(['', []])
  server.close()
})

test('a process of it that cannot start is said, and nothing is left running', async () => {
  const demo = phaseline(['demo', '--port', '0', '--otlp-port', '0', '--shop-port', '0'], {
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
  })
  expect(await demo.ended()).toBe(1)
  expect(demo.complained()).toMatch(/phaseline: the demo's bookshop did not start: .*ECONNREFUSED/)
  expect(leftovers()).toEqual([])
})
