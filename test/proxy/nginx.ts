import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll } from 'vitest'
import { installed } from '../tools.ts'

/** A real nginx with a folder of its own, listening on a socket in it. */
export interface Nginx {
  readonly child: ChildProcess
  readonly folder: string
  /** Asks it, on a connection of its own. @returns the status */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<number>
  /** Tells it to open its log anew, as after a rotation; resolves when it has. */
  reopen(): Promise<void>
  /** Lets it finish what it is doing; then its log is whole. */
  stop(): Promise<void>
}

/** A folder that is gone when the file's tests are over. */
export function nginxFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-nginx-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  return folder
}

/** @param http what stands in `http { … }`, with a `listen` of `unix:${folder}/nginx.sock` */
export async function startNginx(folder: string, http: string): Promise<Nginx> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`)
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr notice; events {}
http {
${temporary.join('\n')}
${http}
}`,
  )
  // A former one that was killed leaves its socket.
  rmSync(join(folder, 'nginx.sock'), { force: true })
  const child = spawn(installed('nginx') as string, ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines = createInterface({ input: child.stderr })
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      lines.on('line', (line) => line.includes(text) && resolve())
      child.once('exit', (code) => reject(new Error(`nginx ended with ${code} before it said "${text}"`)))
    })
  // It says so once it listens.
  await says('OS: ')
  return {
    child,
    folder,
    get: (path, headers = {}) => get(join(folder, 'nginx.sock'), path, headers),
    reopen() {
      const reopened = says('reopening logs')
      child.kill('SIGUSR1')
      return reopened
    },
    async stop() {
      const over = once(child, 'exit')
      child.kill('SIGQUIT')
      await over
    },
  }
}

function get(socketPath: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, headers: { host: 'shop.test', ...headers }, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
      .once('error', reject)
      .end()
  })
}
