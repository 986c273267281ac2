import type { AttributeValue, SharedAttributes } from './attributes.ts'
import type { Label } from './label.ts'
import type { RemoteParent } from './traceparent.ts'

/**
 * The one interface between those who know when a phase begins and ends (the framework, the wrapped Express app, the client,
 * the proxy, the drivers) and the one who makes spans of them (the agent). Producers know nothing of OpenTelemetry, sampling
 * or export. All times are milliseconds of `now()` in `clock.ts`; leave them out for "now".
 * No method of an observer or a phase ever throws.
 */
export interface Observer {
  /**
   * A trace starts or comes in here: the `gateway` of a server, the `proxy`, or a `client` call that nothing surrounds.
   * @param remote where the request came from, if its headers said so
   */
  open(label: Label, remote?: RemoteParent, at?: number): Phase
  /**
   * A phase begins. It does not become the current one: see `run`.
   * @param parent the phase it is part of; by default the current one
   * @returns undefined if there is none, or if nobody wants the phases of this request
   */
  begin(label: Label, parent?: Phase, at?: number): Phase | undefined
  /** The phase that the running code is part of, across awaits; undefined outside any request. */
  current(): Phase | undefined
  /** Calls `fn` with `phase` as the current one, for it and all the asynchronous work that it starts. Does not end the phase. */
  run<This, Args extends unknown[], Result>(
    phase: Phase,
    fn: (this: This, ...args: Args) => Result,
    self: This,
    ...args: Args
  ): Result
}

/** A phase that has begun. */
export interface Phase {
  /** Adds or replaces an attribute. For what is the same for all requests, use the label's attributes: those cost nothing here. */
  set(key: string, value: AttributeValue): void
  /** Adds what many phases have together: as `set` of each, at the price of one. */
  share?(shared: SharedAttributes): void
  /** What was not known at the beginning: the `gateway`'s route. */
  relabel(label: Label): void
  /**
   * It went wrong: status error, and `error.type` (the error's `code` or class name, or the text given). Does not end it. The first
   * call counts: it is the cause, and what follows from it (a status of 500) is not.
   */
  fail(error: unknown): void
  /** It is over. A second call does nothing. */
  end(at?: number): void
  /**
   * A phase that was over before this one began but led to it (`queue`, `gateway.accept`): it hangs beside this one where the
   * request came from somewhere, else under it.
   */
  before(label: Label, from: number, to: number): Phase | undefined
  /**
   * What runs as this phase is part of `to` from now on. For code that an `await` divides between two phases: the context that
   * the code goes on in was fixed before the second one began.
   */
  handOver?(to: Phase): void
  /**
   * What goes on when this phase is over, and for no known time: a stream's life. It is part of this one, which leaves without
   * waiting for it. Undefined if nobody wants it.
   */
  outlive?(label: Label, at?: number): Phase | undefined
  /** The values of `traceparent`, `tracestate` and `baggage` for what this phase sends out. */
  propagate(): { traceparent: string; tracestate?: string | undefined; baggage?: string | undefined }
  /** The phases of this request so far, the outermost first, then by their beginning; those that have not left. */
  progress?(): readonly Progress[]
  /** The W3C `baggage` header that came in with the request: whoever opens its first phase sets it, as it is. */
  baggage?: string | undefined
  /** The ids, as hexadecimal digits. */
  readonly traceId: string
  readonly spanId: string
  /** Whether anybody will see it: false lets a producer skip costly attributes. */
  readonly recording: boolean
}

/** How far a phase has come. Times are those of `now()`. */
export interface Progress {
  readonly label: Label
  readonly started: number
  /** Undefined: it has not ended. */
  readonly ended: number | undefined
  /** How many phases of the request it is part of. */
  readonly depth?: number
  /** What became of it, where that is not the usual: its `error.type`, else its `phaseline.outcome`. */
  readonly outcome?: string | undefined
}

/** Nobody watches: every producer works as if Phaseline was not there. */
const nobody: Observer = {
  open: () => unobserved,
  begin: () => undefined,
  current: () => undefined,
  run: (_phase, fn, self, ...args) => fn.apply(self, args),
}

const unobserved: Phase = {
  set: () => {},
  relabel: () => {},
  fail: () => {},
  end: () => {},
  before: () => undefined,
  propagate: () => ({ traceparent: '' }),
  traceId: '',
  spanId: '',
  recording: false,
}

/** Who watches now. Read it at each use: it is a live binding. */
export let observer: Observer = nobody

/** Whether somebody watches: lets a producer skip its work in one comparison. */
export function observed(): boolean {
  return observer !== nobody
}

/** From now on `next` watches; nothing is told to the former one. @returns a function that puts the former one back */
export function observe(next: Observer | undefined): () => void {
  const former = observer
  observer = next ?? nobody
  return () => void (observer = former)
}

/**
 * A phase around a call, synchronous or not: begins, is current inside, fails with what is thrown or rejected, ends.
 * Convenient where speed does not count; hot paths use `begin`, `run` and `end` themselves.
 */
export function phase<Result>(label: Label, fn: () => Result): Result {
  const begun = observer.begin(label)
  if (begun === undefined) return fn()
  let result: Result
  try {
    result = observer.run(begun, fn, undefined)
  } catch (error) {
    begun.fail(error)
    begun.end()
    throw error
  }
  if (!(result instanceof Promise)) {
    begun.end()
    return result
  }
  return result.then(
    (value: unknown) => {
      begun.end()
      return value
    },
    (error: unknown) => {
      begun.fail(error)
      begun.end()
      throw error
    },
  ) as Result
}
