import { observer, type Phase } from '../model/observer.ts'
import type { Method } from './patch.ts'

/**
 * A driver calls back in whatever context its connection's data arrive in, that of the request which opened it say.
 * @returns the callback, going on in `phase`
 */
export function continuing(phase: Phase, callback: Method): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    return observer.run(phase, callback, this, ...args) as unknown
  }
}
