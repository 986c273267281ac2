import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { build } from 'vite'

const folder = mkdtempSync(join(tmpdir(), 'phaseline-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

const OUTSIDE: Record<string, string> = {
  'phaseline/wrap': join(import.meta.dirname, '../../src/express/wrap.ts'),
  'phaseline/serve': join(import.meta.dirname, 'serve.ts'),
}

/** The app in one file with all of Express. @returns that file */
async function bundled(express: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { express } },
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, 'apps/bundled.mjs'),
      outDir: join(folder, express),
      minify: false,
      rolldownOptions: { external: (id) => id in OUTSIDE, output: { paths: OUTSIDE, entryFileNames: 'app.mjs' } },
    },
  })
  return join(folder, express, 'app.mjs')
}

test.each(['express', 'express4'])(
  'in a bundle with %s, layers without names are called by the lines of the app, not of Express',
  async (express) => {
    const file = await bundled(express)
    const names = JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' })) as string[]
    const lines = readFileSync(file, 'utf8').split('\n')
    const called = names.flatMap((name) => {
      // What a busy machine takes away from a layer after next(), which `delays.test.ts` is about.
      if (name.endsWith(' process_response')) return []
      const [, line] = new RegExp(`${basename(file)}:(\\d+)`).exec(name) ?? []
      return line === undefined ? [] : [lines[Number(line) - 1]?.trim()]
    })
    expect(called).toEqual([
      expect.stringMatching(/^app\.use\(\(_req/),
      expect.stringMatching(/^app\.use\(\(_req/),
      expect.stringMatching(/^router\.get\(/),
      expect.stringMatching(/^router\.get\(/),
    ])
  },
  30_000,
)
