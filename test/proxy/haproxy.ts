import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { installed } from '../tools.ts'

/** A real HAProxy with a folder of its own, listening on a socket in it. */
export interface Haproxy {
  readonly child: ChildProcess
  readonly socketPath: string
  /** Asks it, on a connection of its own. @returns the status */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<number>
  stop(): Promise<void>
}

/** @param frontend what stands in its frontend @param rest what follows: backends */
export async function startHaproxy(frontend: string, rest: string): Promise<Haproxy> {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-haproxy-'))
  const file = join(folder, 'haproxy.cfg')
  const socketPath = join(folder, 'haproxy.sock')
  const indented = frontend.replaceAll('\n', '\n  ')
  writeFileSync(
    file,
    `global
  # In the foreground it says when it is ready.
  master-worker
defaults
  mode http
  option abortonclose
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend shop
  bind unix@${socketPath}
  ${indented}
${rest}
`,
  )
  const child = spawn(installed('haproxy') as string, ['-W', '-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise<void>((resolve, reject) => {
    const said: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line)
      if (line.includes('Loading success')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`HAProxy ended with ${code}:\n${said.join('\n')}`)))
  })
  return {
    child,
    socketPath,
    get: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        request({ socketPath, path, headers: { host: 'shop.test', ...headers }, agent: false }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0))
        })
          .once('error', reject)
          .end()
      }),
    async stop() {
      const over = once(child, 'exit')
      child.kill()
      await over
      rmSync(folder, { recursive: true })
    },
  }
}
