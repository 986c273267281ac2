import type { Context } from '@opentelemetry/api'
import { epochOrigin } from '../../model/clock.ts'
import type { Exit } from './exit.ts'
import type { AgentPhase } from '../phase.ts'
import { ReadablePhase, type SdkResource } from './readable.ts'
import type { TraceRecord } from '../record.ts'
import { counters } from '../stats.ts'
import { trouble } from '../trouble.ts'

/** A span processor of OpenTelemetry's SDK (`SpanProcessor`), as far as we call it. */
export interface Processor {
  // The SDK wants its own class of spans; what it and its exporters read of them is there.
  onStart(span: never, context: Context): void
  onEnding?(span: never): void
  onEnd(span: never): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** Hands phases to the app's own span processors: as the SDK would, only later, when the request is over. */
export class StandardExit implements Exit {
  private readonly processors: readonly Processor[]
  private readonly resource: SdkResource
  /** Whether the processors are ours to shut down: those of the app's own SDK are not. */
  private readonly owned: boolean

  constructor(processors: readonly Processor[], resource: SdkResource, owned: boolean) {
    this.processors = processors
    this.resource = resource
    this.owned = owned
  }

  take(_record: TraceRecord, first: AgentPhase): void {
    const zero = epochOrigin()
    for (let phase: AgentPhase | undefined = first; phase !== undefined;) {
      const { next }: AgentPhase = phase
      phase.next = undefined
      const span = new ReadablePhase(phase, this.resource, zero)
      this.hand(span, phase)
      counters.spans++
      phase = next
    }
  }

  private hand(span: ReadablePhase, context: Context): void {
    this.each((processor) => processor.onStart(span as never, context))
    this.each((processor) => processor.onEnding?.(span as never))
    span.ended = true
    this.each((processor) => processor.onEnd(span as never))
  }

  /** A processor is the app's: what one throws is no affair of the next one's. */
  private each(call: (processor: Processor) => void): void {
    for (const processor of this.processors) {
      try {
        call(processor)
      } catch (error) {
        trouble('a span processor', error)
      }
    }
  }

  flush(timeout: number): Promise<void> {
    return within(
      timeout,
      'flushing a span processor',
      this.processors.map(async (processor) => processor.forceFlush()),
    )
  }

  /** Processors are asynchronous: there is nothing to be done. */
  lastGasp(): void {}

  shutdown(timeout: number): Promise<void> {
    if (!this.owned) return this.flush(timeout)
    return within(
      timeout,
      'shutting down a span processor',
      this.processors.map(async (processor) => processor.shutdown()),
    )
  }
}

/** Waits for all, but not longer; failures are noted. The callers' functions are async: what throws at once, or gives no promise, fails like the rest. */
async function within(timeout: number, what: string, promises: readonly Promise<void>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeout)))
  const noted = promises.map((promise) => promise.catch((error: unknown) => trouble(what, error)))
  await Promise.race([Promise.all(noted), bound])
  clearTimeout(timer)
}
