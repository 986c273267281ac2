import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'

/** A real PostgreSQL, thrown away afterwards. */
export interface Cluster {
  readonly port: number
  /** With the database's name last. */
  readonly url: string
  stop(): Promise<void>
}

const HOME = '/usr/lib/postgresql'
const bin = existsSync(HOME) ? join(HOME, readdirSync(HOME).sort().at(-1) ?? '', 'bin') : undefined

/** Why there is none; undefined where there is one. */
export const missing: string | undefined =
  bin !== undefined && existsSync(join(bin, 'initdb')) ? undefined : 'PostgreSQL is not installed'

/** A program of its and its arguments, as a command line; they refuse to run as root. */
function command(name: string, ...args: string[]): [string, string[]] {
  const program = join(bin as string, name)
  return process.getuid?.() === 0 ? ['runuser', ['-u', 'postgres', '--', program, ...args]] : [program, args]
}

/** Starts one on a free port of 127.0.0.1, in a new directory. */
export async function cluster(): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), 'phaseline-pg-'))
  chmodSync(directory, 0o777)
  const data = join(directory, 'data')
  execFileSync(...command('initdb', '-D', data, '-U', 'shop', '-A', 'trust', '-N'), { stdio: 'pipe', cwd: '/' })
  const port = await freePort()
  const server = command('postgres', '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory, '-F')
  const child = spawn(...server, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('ready to accept connections')) resolve()
    })
    child.once('exit', () => reject(new Error(said)))
  })
  return {
    port,
    url: `postgres://shop@127.0.0.1:${port}/postgres`,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      execFileSync(...command('pg_ctl', '-D', data, '-m', 'immediate', 'stop'), { stdio: 'pipe', cwd: '/' })
      await gone
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
