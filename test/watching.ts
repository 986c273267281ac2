import { onTestFinished } from 'vitest'
import { recorder, type Recorder } from './recorder.ts'

/**
 * Records what a producer tells until the test is over: for `beforeEach`, or the test itself.
 * @param watch the producer's `watch…`, which gives back what undoes it
 */
export function watching(watch: () => () => void): Recorder {
  const unwatch = watch()
  const seen = recorder()
  onTestFinished(() => {
    unwatch()
    seen.restore()
  })
  return seen
}
