import { debuglog } from 'node:util'

const log = debuglog('phaseline')

/**
 * The function, with its exceptions kept from the app: one thrown in a diagnostics channel's subscriber or a socket's listener
 * would end the process. `NODE_DEBUG=phaseline` shows them.
 */
export function quietly<Args extends unknown[]>(fn: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      fn(...args)
    } catch (error) {
      log('%O', error)
    }
  }
}
