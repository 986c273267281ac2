/** Resolves at the first signal to end; a second one ends the process at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.on(signal, () => process.exit(130))
        resolve()
      })
    }
    if (process.env['npm_lifecycle_event'] !== undefined) whenOrphaned(resolve)
  })
}

/** How often it is looked whether the parent is still there, ms. */
const LOOK = 500

/** A signal to npm ends the shell that npm starts a script in; the shell passes it on to nobody. */
function whenOrphaned(resolve: () => void): void {
  const parent = process.ppid
  const looking = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(looking)
    resolve()
  }, LOOK).unref()
}
