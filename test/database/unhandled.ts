/** What Node says that nobody handles, once `work` has begun; vitest, which would make that an error of the run, does not hear of it. */
export async function unhandled(work: () => void): Promise<unknown> {
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  try {
    return await new Promise((resolve) => {
      process.once('unhandledRejection', resolve)
      work()
    })
  } finally {
    for (const listener of others) process.on('unhandledRejection', listener)
  }
}
