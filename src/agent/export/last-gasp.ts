import type { Destination } from './post.ts'

/** How long the end of the process may be held up by this, in ms. */
const LONGEST = 2_000

/** Run by a process of its own: one request with what comes on standard input. */
const SCRIPT = `
const { url, headers } = JSON.parse(process.env.PHASELINE_LAST)
const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http')
const sent = request(url, { method: 'POST', headers }, (response) => response.resume())
sent.on('error', () => process.exit(1))
process.stdin.pipe(sent)
`

/**
 * Sends a body while the process exits, when nothing asynchronous happens any more: a child does it, and is waited for.
 * Costs some 50 ms, so only where something would be lost: after `process.exit()` and uncaught exceptions.
 * @returns whether it was sent
 */
export function sendSynchronously({ url, headers }: Destination, parts: readonly Uint8Array[]): boolean {
  const body = Buffer.concat(parts)
  const own = { 'content-type': 'application/x-protobuf', 'content-length': String(body.length) }
  // By the environment, because arguments are for everybody on the machine to read; without NODE_OPTIONS, which load us again.
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    PHASELINE_LAST: JSON.stringify({ url: url.href, headers: { ...headers, ...own } }),
  }
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const { status } = spawnSync(process.execPath, ['-e', SCRIPT], {
    env,
    input: body,
    timeout: LONGEST,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  return status === 0
}
