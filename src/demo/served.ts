import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import type { FromService, ToService } from './messages.ts'

/** What a process of the demo does when it is told to. */
export interface Duties {
  /** A switch of the page was turned. */
  control?(id: string, on: boolean): void
  stop(): Promise<void> | void
}

/**
 * The part of a demo process that its parent talks to: says that it is ready, obeys, and ends when told to or when the parent is
 * gone. Ctrl-C reaches the whole group at once, so it is left to the parent to end things in order.
 * @param port where it listens; 0 if it does not
 */
export function serve(port: number, duties: Duties): void {
  process.on('SIGINT', () => {})
  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    await duties.stop()
    // The agent sends what is left on `beforeExit`: nothing else holds the process now.
    if (process.connected) process.disconnect?.()
  }
  process.on('disconnect', () => void stop())
  process.on('message', (message: ToService) => {
    if ('stop' in message) void stop()
    else duties.control?.(message.control, message.on)
  })
  tell({ ready: port })
}

/** Tells the parent, in a sentence, why it cannot start, and ends. */
export function give(up: string): void {
  tell({ failed: up })
  process.disconnect?.()
  process.exitCode = 1
}

function tell(message: FromService): void {
  process.send?.(message)
}

/** Listens on this machine only. @param port the one to try first; if it is taken, and for 0, any free one */
export async function listen(server: Server, port = 0): Promise<number> {
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch (error) {
    if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return listen(server)
  }
  return (server.address() as AddressInfo).port
}
