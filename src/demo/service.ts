import { fork, type ChildProcess } from 'node:child_process'
import { extname } from 'node:path'
import { PhaselineError } from '../model/errors.ts'
import type { FromService, ToService } from './messages.ts'

/** A process of the demo, started as any app would be that is watched without a line of code. */
export interface Service {
  readonly name: string
  /** Where it listens; 0 if it does not. */
  readonly port: number
  control(id: string, on: boolean): void
  /** Resolves when the process has ended, by force after some seconds. */
  stop(): Promise<void>
}

const PATIENCE = 5_000

/**
 * Starts one of the programs beside this file with the agent in it, and waits until it is ready.
 * @param program its path from this folder, without the ending
 * @param env beside this process's own
 */
export function startService(name: string, program: string, env: Readonly<Record<string, string>>): Promise<Service> {
  const ending = extname(import.meta.url)
  const child = fork(new URL(`${program}${ending}`, import.meta.url), {
    execArgv: ['--import', new URL(`../register${ending}`, import.meta.url).href],
    env: { ...process.env, OTEL_SERVICE_NAME: name, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    const complaints = collect(child)
    const failed = (why: string): void => reject(new PhaselineError('DEMO_SERVICE', `the demo's ${name} did not start: ${why}`))
    child.once('error', (error) => failed(error.message))
    child.once('exit', (code) => failed(complaints() || `it ended with code ${code}`))
    child.once('message', (message: FromService) => {
      if ('failed' in message) return failed(message.failed)
      child.removeAllListeners('exit')
      resolve(running(name, child, message.ready))
    })
  })
}

/** The last it said on standard error, which also goes on to ours. */
function collect(child: ChildProcess): () => string {
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
    process.stderr.write(text)
  })
  return () => said.trim()
}

function running(name: string, child: ChildProcess, port: number): Service {
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const tell = (message: ToService): void => void (child.connected && child.send(message, () => {}))
  return {
    name,
    port,
    control: (control, on) => tell({ control, on }),
    async stop() {
      tell({ stop: true })
      const force = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
      await ended
      clearTimeout(force)
    },
  }
}
