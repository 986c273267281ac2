import type { Span } from '../model/span.ts'
import { decodeSpans } from '../otlp/decode.ts'
import { encodeSpans } from '../otlp/spans.ts'
import { tracesOf, wholeIds } from '../stitch/traces.ts'

/** Spans that are held as they are; more are held packed, at a tenth of the memory. */
const LIMIT = 200_000

/** The spans of many files by trace, in memory: few as they are, many as OTLP's bytes until their trace is taken. */
export class HeldTraces {
  /** How many spans are held. */
  size = 0
  readonly #limit: number
  readonly #packed = new Map<string, Buffer[]>()
  #loose: Span[] = []

  /** @param limit spans that are held unpacked, at most */
  constructor(limit: number = LIMIT) {
    this.#limit = limit
  }

  add(spans: readonly Span[]): void {
    for (const span of spans) this.#loose.push(span)
    this.size += spans.length
    if (this.#loose.length > this.#limit) this.#pack()
  }

  /** Once all are there: the ids of the traces, each with those that are the same one cut short. */
  ids(): readonly (readonly string[])[] {
    // Either all are packed or none, so that copies stay alike.
    if (this.#packed.size === 0) return [...tracesOf(this.#loose).keys()].map((id) => [id])
    this.#pack()
    return [...wholeIds([...this.#packed.keys()])].map(([id, cut]) => [id, ...cut])
  }

  /** The spans of each of these traces, one trace after the other. */
  *take(ids: readonly (readonly string[])[]): Generator<Span[]> {
    const loose = this.#packed.size === 0 ? tracesOf(this.#loose) : undefined
    for (const same of ids) {
      const spans = same.flatMap((id) => (this.#packed.get(id) ?? []).flatMap((bytes) => decodeSpans(bytes)))
      yield loose?.get(same[0] as string) ?? ([...tracesOf(spans).values()][0] as Span[])
    }
  }

  #pack(): void {
    for (const [id, spans] of Map.groupBy(this.#loose, ({ traceId }) => traceId)) {
      const bytes = Buffer.from(encodeSpans(spans))
      const others = this.#packed.get(id)
      if (others === undefined) this.#packed.set(id, [bytes])
      else others.push(bytes)
    }
    this.#loose = []
  }
}
