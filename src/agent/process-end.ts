import { now } from '../model/clock.ts'

/** How long the end of the process may be held up, in ms. */
const LAST_FLUSH = 2_000

/** The signals that end a process which does not listen to them. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Gets out what has been recorded before the process ends: when its work is done, or at a signal. Where the app listens to
 * the signal, it ends when it likes; where it does not, the process ends by the same signal as it would have without us.
 * What `process.exit()` or an exception leaves unsent, `lastGasp` sends.
 * @param flush is given how many ms it may take
 * @returns undo
 */
export function beforeEnd(
  flush: (timeout: number) => Promise<void>,
  lastGasp: () => void,
  most: number = LAST_FLUSH,
): () => void {
  let left = most
  // Node asks again whenever something has happened since, and the end of the waiting is something.
  const drained = (): void => {
    if (left <= 0) return
    const from = now()
    void flush(left).finally(() => (left -= now() - from))
  }
  const signals = SIGNALS.map((signal) => {
    const listener = (): void => {
      const alone = process.listenerCount(signal) === 1
      void flush(most).finally(() => {
        if (!alone) return
        process.off(signal, listener)
        process.kill(process.pid, signal)
      })
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  process.on('beforeExit', drained)
  process.on('exit', lastGasp)
  return () => {
    process.off('exit', lastGasp)
    process.off('beforeExit', drained)
    for (const undo of signals) undo()
  }
}
