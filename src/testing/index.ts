/**
 * `phaseline/testing`: the timeline of a request in a test, and assertions on it.
 *
 *     import { capture } from 'phaseline/testing'
 *     import 'phaseline/testing/vitest'
 *
 *     const { timeline } = await capture(() => fetch(`${url}/books/7/`))
 *     expect(timeline).toHavePhase('db', { atMost: 3 })
 *     expect(timeline).toSpend('SessionMiddleware process_response', { timesOf: [2, 'view bookDetail'] })
 *     expect(timeline).not.toRepeatQueries()
 */
export { capture, type Captured } from './capture.ts'
export { matchers, print, type PhaseCount, type SelfTime } from './matchers.ts'
export type { Timeline, TimelineSpan } from '../model/timeline.ts'
