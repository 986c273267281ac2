import type { Request } from './request.ts'
import { later } from './timers.ts'

/** What is known of a request when it is made. */
type Begun = Pick<Request, 'traceId' | 'spanId' | 'method' | 'url' | 'start'>

/** How it went, as its script heard it. */
export type Outcome = Pick<Request, 'status' | 'failure' | 'cancelled'>

interface Pending {
  readonly begun: Begun
  timing?: PerformanceResourceTiming
  outcome?: Outcome & { readonly end: number }
}

/** How often those that wait for the browser's word are looked through, in ms. */
const STEP = 1_000
/** So long it may take after the head of an answer, whose body it waits for, in ms; then what the script saw must do. */
const PATIENCE = 60_000
/** Requests at once; of more than that the oldest are told of no more. */
const MOST = 600

/** What is under way, or not told yet. */
export interface Calls {
  /** @returns what is to be told of its end: the first counts */
  begin(begun: Begun): (outcome: Outcome) => void
  /** What the browser says of requests whose last byte has come. */
  timed(entries: readonly PerformanceEntry[]): void
  /** With the page goes what it has asked for. */
  left(): void
  /** Nobody looks any more: what has its answer is told. */
  close(): void
}

/** Puts what a script saw of its requests together with what the browser timed of them. */
export function callsOf(done: (request: Request, timing: PerformanceResourceTiming | undefined) => void): Calls {
  let all: Pending[] = []
  let waiting = false

  const tell = (which: (pending: Pending) => unknown): void => {
    const told = all.filter(which)
    all = all.filter((pending) => !told.includes(pending))
    // Some are not told to their script any more.
    const left = { status: 0, cancelled: true, end: performance.now() }
    for (const { begun, timing, outcome = left } of told) done({ ...begun, ...outcome }, timing)
  }
  const settle = (): void => {
    const now = performance.now()
    // Of one that failed the browser may say nothing.
    tell(({ timing, outcome }) => outcome && (timing || now - outcome.end > (outcome.status > 0 ? PATIENCE : STEP)))
    if (waiting || !all.some(({ outcome }) => outcome)) return
    waiting = true
    later(() => {
      waiting = false
      settle()
    }, STEP + 1)
  }
  const calls: Calls = {
    begin(begun) {
      const pending: Pending = { begun }
      all = [...all, pending].slice(-MOST)
      return (outcome) => {
        pending.outcome ??= { ...outcome, end: performance.now() }
        settle()
      }
    },
    timed(entries) {
      for (const timing of entries as PerformanceResourceTiming[]) {
        const pending = /^(?:fetch|xmlh)/.test(timing.initiatorType) && theOneOf(timing, all)
        if (pending) pending.timing = timing
      }
      settle()
    },
    left() {
      // So Firefox ends what is under way when the page is left; it says more of what failed before.
      for (const each of all) if (!each.timing && each.outcome?.failure && !each.outcome.status) delete each.outcome
      tell(() => true)
    },
    close() {
      observer.disconnect()
      tell(({ outcome }) => outcome)
    },
  }
  const observer = new PerformanceObserver((list) => calls.timed(list.getEntries()))
  observer.observe({ type: 'resource' })
  return calls
}

/** That which was made last before it began: of two for one address the second may end first. Browsers round to 1 ms. */
function theOneOf({ name, startTime }: PerformanceResourceTiming, all: readonly Pending[]): Pending | undefined {
  const [url] = name.split('#')
  const distance = ({ begun }: Pending): number => Math.abs(startTime - begun.start)
  return all
    .filter(({ begun, timing }) => !timing && begun.url === url && begun.start <= startTime + 1)
    .sort((a, b) => distance(a) - distance(b))[0]
}
