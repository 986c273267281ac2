import { now } from '../model/clock.ts'
import { errorType } from '../model/errors.ts'
import { likeness } from '../model/likeness.ts'
import { observer, type Phase } from '../model/observer.ts'
import type { Journey } from './journey.ts'
import type { Known } from './known.ts'
import { JOURNEY, type ErrorHandler, type Handler, type Next, type Request } from './shape.ts'

/** In ms: what a layer does after it has handed over becomes a phase from here on. Nearly all do nothing then. */
export const NOTABLE = 1

/** Express's own rule for what is passed to `next`. */
export function isError(passed: unknown): boolean {
  return Boolean(passed) && passed !== 'route' && passed !== 'router'
}

/** 4xx is no error on the server's side: what is said of such a one is its type only. */
export function failWith(phase: Phase, error: unknown): void {
  const { status, statusCode = status } = Object(error) as { status?: unknown; statusCode?: unknown }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) phase.set('error.type', errorType(error))
  else phase.fail(error)
}

/** One call of one layer: from the call until it hands over, which is `next()`, an answer, or an error. */
export class Step {
  readonly journey: Journey
  readonly known: Known
  readonly phase: Phase
  /** The error that an error handler was called with. */
  private readonly incoming: unknown
  /** Whether it has handed over. */
  over = false
  /** Whether the function has returned, and what it returned has settled. */
  settled = false
  /** When it handed over or, later, got control back. */
  private since = 0

  constructor(journey: Journey, known: Known, phase: Phase, incoming: unknown) {
    this.journey = journey
    this.known = known
    this.phase = phase
    this.incoming = incoming
  }

  /** The layer hands over. */
  next(error: unknown, next: Next): unknown {
    const { journey } = this
    if (!this.over) {
      const at = now()
      journey.since = at
      journey.handsTo(this.known.within, this.known.index + 1)
      if (isError(error) && error !== this.incoming) this.fail(error)
      this.finish(at)
    }
    journey.handed = true
    journey.gone = undefined
    const result = next(error)
    journey.handsTo(undefined, 0)
    const at = now()
    const gone = journey.gone as Step | undefined
    gone?.cameBack(at)
    this.since = at
    return result
  }

  fail(error: unknown): void {
    this.journey.error = error
    failWith(this.phase, error)
  }

  finish(at: number): void {
    if (this.over) return
    this.over = true
    this.since = at
    this.phase.end(at)
  }

  /** It threw; Express calls its own `next` with it. */
  threw(error: unknown): void {
    const at = now()
    const { journey } = this
    if (!this.over) {
      if (isError(error)) this.fail(error)
      this.finish(at)
      journey.since = at
    }
    journey.handed = true
  }

  /** It returned. @param value a promise is waited for where the router does so too (5); in 4 that would change who handles its rejection */
  gave(value: unknown): void {
    const { journey } = this
    journey.gone = this
    if (value instanceof Promise && journey.awaits) {
      const settle = (): void => this.settle()
      value.then(settle, settle)
    } else {
      this.settled = true
      journey.settled(this)
    }
  }

  private settle(): void {
    const { journey } = this
    this.settled = true
    if (journey.over) return
    const at = now()
    if (this.over) this.after(at)
    else if (journey.step === this) journey.settled(this)
  }

  /** Whoever called it, by calling `next`, has control back: one reading of the clock tells for both. */
  cameBack(at: number): void {
    this.journey.gone = undefined
    if (this.over) this.after(at)
    this.since = at
  }

  /** Time that the layer took after it had handed over, and had control back: its part of the way back. */
  private after(to: number): void {
    const { known, journey } = this
    if (journey.detached) return
    const from = Math.max(this.since, journey.returned)
    if (to - from >= NOTABLE) observer.begin(known.response, journey.above(), from)?.end(to)
  }
}

/** What the layer gets as `next`. */
function nextOf(step: Step, next: Next): Next {
  return (error) => step.next(error, next)
}

/** The same for Express 4's first layer, which leaves its `next` on the request as the router's own: so it gets that. */
function initialNextOf(step: Step, next: Next, req: Request): Next {
  return (error) => {
    req.next = next
    return step.next(error, next)
  }
}

/** The handler of a layer, observed: what the layer's stand-in has in its place. */
export function observedHandler(known: Known): Handler {
  const fn = known.layer.handle as Handler
  const given = fn.name === 'expressInit' ? initialNextOf : nextOf
  const handle: Handler = (req, res, next) => {
    const journey = req[JOURNEY]
    const step = journey?.enter(known, journey.view === known.layer ? known.view : known.request)
    if (step === undefined) return fn(req, res, next)
    let returned: unknown
    try {
      returned = observer.run(step.phase, fn, undefined as never, req, res, given(step, next, req))
    } catch (error) {
      step.threw(error)
      throw error
    }
    step.gave(returned)
    return returned
  }
  return likeness(handle, fn)
}

/** The same for an error handler. */
export function observedErrorHandler(known: Known): ErrorHandler {
  const fn = known.layer.handle as ErrorHandler
  const handle: ErrorHandler = (incoming, req, res, next) => {
    const step = req[JOURNEY]?.enter(known, known.request, incoming)
    if (step === undefined) return fn(incoming, req, res, next)
    step.phase.set('error.type', errorType(incoming))
    let returned: unknown
    try {
      returned = observer.run(step.phase, fn, undefined as never, incoming, req, res, nextOf(step, next))
    } catch (error) {
      step.threw(error)
      throw error
    }
    step.gave(returned)
    return returned
  }
  return likeness(handle, fn)
}
