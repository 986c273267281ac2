import { readFileSync } from 'node:fs'

let before = 0

/** For how many ms since it was last asked this process had work and no CPU: its main thread's run-queue wait (Linux; elsewhere 0). */
export function waitedForCpu(): number {
  const all = total()
  const waited = all - before
  before = all
  return waited
}

function total(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
