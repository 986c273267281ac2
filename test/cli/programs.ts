import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const bin = join(import.meta.dirname, '../../src/cli/bin.ts')

/** A `phaseline` that was started. */
export interface Program {
  readonly child: ChildProcess
  /** All it said on standard output, standard error. */
  said(): string
  complained(): string
  /** Resolves with the first match in what it says on standard output; rejects, with all it said, if it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Its exit code, once it has ended. */
  ended(): Promise<number>
  /** Asks it to end. */
  stop(signal?: NodeJS.Signals): Promise<number>
}

/** Starts `phaseline …args`. */
export function phaseline(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  let [said, complained] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text))
  const over = once(child, 'close').then(([code]) => code as number)
  return {
    child,
    said: () => said,
    complained: () => complained,
    says(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(said)
          if (found !== null) resolve(found)
        }
        child.stdout.on('data', look)
        void over.then((code) => reject(new Error(`It ended with ${code} before it said ${pattern}:\n${said}\n${complained}`)))
        look()
      })
    },
    ended: () => over,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return over
    },
  }
}
