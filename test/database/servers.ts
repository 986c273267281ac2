import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { installed } from '../tools.ts'

/** A real database server, thrown away afterwards. */
export interface DatabaseServer {
  readonly port: number
  stop(): Promise<void>
}

/** What to start in a folder of its own, on a port of 127.0.0.1. */
interface Program {
  readonly name: string
  /** It may be where only its owner can run it. */
  readonly own?: boolean
  readonly args: (folder: string, port: number) => string[]
  /** What it says once it listens, on whichever stream. */
  readonly ready: string
  /** Makes what it needs to start. */
  readonly prepare?: (folder: string) => void
}

/** As a command line of somebody who is not root: MariaDB refuses to be run by root. */
function unprivileged(name: string, args: readonly string[]): [string, string[]] {
  const program = installed(name) ?? name
  return process.getuid?.() === 0 ? ['runuser', ['-u', 'nobody', '--', program, ...args]] : [program, [...args]]
}

async function start({ name, own = false, args, ready, prepare }: Program): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), `phaseline-${name}-`))
  chmodSync(folder, 0o777)
  prepare?.(folder)
  const port = await freePort()
  const [program, words] = own ? [installed(name) ?? name, args(folder, port)] : unprivileged(name, args(folder, port))
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    let said = ''
    const hear = (text: string): void => {
      said += text
      if (said.includes(ready)) resolve()
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.once('exit', () => reject(new Error(said)))
  })
  return {
    port,
    async stop() {
      child.kill()
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A MariaDB with a database `shop` that `root` may use without a password. */
export function mariadb(): Promise<DatabaseServer> {
  const data = (folder: string): string => `--datadir=${join(folder, 'data')}`
  return start({
    name: 'mariadbd',
    prepare(folder) {
      const how = ['--auth-root-authentication-method=normal', '--skip-test-db']
      execFileSync(...unprivileged('mariadb-install-db', ['--no-defaults', data(folder), ...how]), { stdio: 'pipe', cwd: '/' })
    },
    args: (folder, port) => [
      '--no-defaults',
      data(folder),
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
    ],
    ready: 'ready for connections',
  })
}

export function redis(): Promise<DatabaseServer> {
  return start({
    name: 'redis-server',
    args: (folder, port) => ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    ready: 'Ready to accept connections',
  })
}

/** A server of MongoDB's protocol: FerretDB, which keeps its documents in SQLite. */
export function ferretdb(): Promise<DatabaseServer> {
  return start({
    name: 'ferretdb',
    own: true,
    args: (folder, port) => [
      '--handler=sqlite',
      `--sqlite-url=file:${folder}/`,
      `--listen-addr=127.0.0.1:${port}`,
      `--state-dir=${folder}`,
      '--debug-addr=-',
      '--telemetry=disable',
    ],
    ready: 'Listening on TCP',
  })
}
