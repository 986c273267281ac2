/** `phaseline/testing/vitest`: teaches vitest's `expect` the matchers of `phaseline/testing`. */
import { expect } from 'vitest'
import type { PhaseId } from '../model/phases.ts'
import { matchers, type PhaseCount, type SelfTime } from './matchers.ts'

expect.extend(matchers)

declare module 'vitest' {
  // The parameters are vitest's own: an interface is extended under the same ones.
  // oxlint-disable-next-line no-unused-vars
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** So many spans of a phase: at least one if nothing is said. */
    toHavePhase: (phase: PhaseId, count?: PhaseCount) => R
    /** Each span of this name takes no more self time than said; fails if there is none. */
    toSpend: (name: string | RegExp, limit: SelfTime) => R
    /** The same query again and again under one parent (N+1). */
    toRepeatQueries: () => R
  }
}
