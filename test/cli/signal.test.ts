import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const bin = join(import.meta.dirname, '../../src/cli/bin.ts')

test('what npm started ends with the shell that npm started it in', async () => {
  // The second command keeps the shell from becoming the first.
  const script = `"${process.execPath}" "${bin}" collect --memory --port 0 --otlp-port 0; true`
  const shell = spawn('/bin/sh', ['-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: 'start' },
  })
  const [said] = (await once(shell.stdout.setEncoding('utf8'), 'data')) as [string]
  shell.kill()
  // Its output is closed when nobody has it any more, the collector included.
  await once(shell, 'close')
  expect(said).toMatch(/^http:/)
})
