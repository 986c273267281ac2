import type { Request } from './request.ts'

/** A request whose answer has begun, or that failed: its times come later, when the last byte has. */
interface Answered extends Request {
  /** When it was answered, `performance.now()`. */
  readonly answered: number
}

/** So long the browser may take to say how a request went, in ms; then what the script saw of it must do. */
const PATIENCE = 10_000

/** Puts what a script saw of its requests together with what the browser timed of them. */
export class Calls {
  private readonly done: (request: Request, timing: PerformanceResourceTiming | undefined) => void
  private waiting: Answered[] = []
  private timings: PerformanceResourceTiming[] = []
  private readonly observer: PerformanceObserver

  constructor(done: (request: Request, timing: PerformanceResourceTiming | undefined) => void) {
    this.done = done
    this.observer = new PerformanceObserver((list) => this.timed(list.getEntries() as PerformanceResourceTiming[]))
    this.observer.observe({ type: 'resource' })
  }

  answered(request: Request): void {
    this.waiting.push({ ...request, answered: performance.now() })
    this.match(false)
    if (this.waiting.length > 0) setTimeout(() => this.match(false), PATIENCE + 1)
  }

  private timed(entries: readonly PerformanceResourceTiming[]): void {
    const own = entries.filter(({ initiatorType }) => initiatorType === 'fetch' || initiatorType === 'xmlhttprequest')
    const since = performance.now() - PATIENCE
    this.timings = [...this.timings.filter(({ responseEnd }) => responseEnd > since), ...own]
    this.match(false)
  }

  /** @param all what the browser has said nothing of goes, too: the page is left */
  match(all: boolean): void {
    const before = performance.now() - PATIENCE
    this.waiting = this.waiting.filter((request) => {
      const timing = this.take(request)
      if (timing === undefined && !all && request.answered > before) return true
      this.done(request, timing)
      return false
    })
  }

  /** The first of that address that began after the call, and belongs to no other. */
  private take({ url, start }: Request): PerformanceResourceTiming | undefined {
    const at = this.timings.findIndex(({ name, startTime }) => name.split('#', 1)[0] === url && startTime >= start - 1)
    return at < 0 ? undefined : this.timings.splice(at, 1)[0]
  }

  close(): void {
    this.observer.disconnect()
    this.match(true)
  }
}
