/** How long the end of the process may be held up, in ms. */
export const LAST_FLUSH = 2_000

/** The signals that end a process which does not listen to them. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Gets out what has been recorded before the process ends: when its work is done, or at a signal. Where the app listens to
 * the signal, it ends when it likes; where it does not, the process ends by the same signal as it would have without us.
 * What `process.exit()` or an exception leaves unsent, `lastGasp` sends. @returns undo
 */
export function beforeEnd(flush: () => Promise<void>, lastGasp: () => void): () => void {
  const drained = (): void => void flush()
  const signals = SIGNALS.map((signal) => {
    const listener = (): void => {
      const alone = process.listenerCount(signal) === 1
      void flush().finally(() => {
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
