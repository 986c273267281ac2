import { now } from '../model/clock.ts'
import { decodeTraces, type Encoding } from '../otlp/decode.ts'
import { MalformedError } from '../otlp/decode-reader.ts'
import { type Head, type Refused, scan } from '../otlp/decode-scan.ts'
import { encodeSpans } from '../otlp/spans.ts'
import type { Gatherer } from './gather.ts'
import { sharing } from './heads.ts'
import type { Journal } from './journal.ts'

/** What became of a body's spans. */
export interface Taken {
  readonly accepted: number
  readonly refused: readonly Refused[]
}

interface Run {
  readonly traceId: string
  readonly head: Head
  readonly start: number
  readonly end: number
  readonly spans: number
  readonly rooted: boolean
}

/** Each trace is kept with the resources of its spans: bytes that these may come to for one body. A few thousand for each trace are usual. */
const COPIED = 512 * 1024 * 1024

/** Spans come in here: checked, written to the log, and gathered by trace, without being decoded. */
export class Intake {
  private readonly gatherer: Gatherer
  private readonly log: Journal | undefined
  private readonly warn: (sentence: string) => void
  private closed = false

  /** @param log none: what is not stored yet is lost with the process @param warn told of what in the log is damaged */
  constructor(gatherer: Gatherer, log: Journal | undefined, warn: (sentence: string) => void) {
    this.gatherer = gatherer
    this.log = log
    this.warn = warn
  }

  /**
   * Takes a body as it was sent. When this returns, its spans survive the end of the process.
   * @throws MalformedError if nothing of it can be used; what the file system throws if the log cannot be written
   */
  take(body: Buffer, encoding: Encoding): Taken {
    if (this.closed) throw new Error('the collector is closed')
    if (encoding === 'protobuf') return this.keep(body, [])
    const { spans, refused } = decodeTraces(body, encoding)
    return this.keep(encodeSpans(spans), refused)
  }

  /** Nothing is taken any more: a body that was decompressed too late would stand in a log that is another process's by then. */
  close(): void {
    this.closed = true
  }

  private keep(body: Buffer, before: readonly Refused[]): Taken {
    const { runs, refused } = runsOf(body)
    const accepted = runs.reduce((sum, run) => sum + run.spans, 0)
    if (accepted > 0) this.gather(runs, body, this.log?.append(body) ?? 0, false)
    return { accepted, refused: [...before, ...refused] }
  }

  /** Takes again what a former process had not stored. @returns how many spans */
  replay(): number {
    let spans = 0
    for (const { body, segment } of this.log?.left() ?? []) {
      const runs = this.left(body)
      this.gather(runs, body, segment, true)
      spans += runs.reduce((sum, run) => sum + run.spans, 0)
    }
    if (this.log !== undefined && this.log.damaged > 0) this.warn(lost(this.log.damaged))
    this.log?.removeUnheld()
    return spans
  }

  /** A body that the disk has damaged takes nobody else's spans with it, nor the start. */
  private left(body: Buffer): readonly Run[] {
    try {
      return runsOf(body).runs
    } catch (error) {
      this.warn(`${lost(body.length)}: ${(error as Error).message}`)
      return []
    }
  }

  private gather(runs: readonly Run[], body: Buffer, segment: number, replayed: boolean): void {
    const at = now()
    for (const { traceId, head, start, end, spans, rooted } of runs) {
      const isNew = this.gatherer.add(traceId, { head, body, start, end }, { spans, rooted, segment, replayed, now: at })
      if (isNew) this.log?.hold(segment)
    }
  }
}

const lost = (bytes: number): string => `${bytes} bytes of spans in the log are damaged and are lost`

function runsOf(body: Buffer): { runs: Run[]; refused: Refused[] } {
  const runs: Run[] = []
  const shared = sharing()
  let head: Head
  let copied = 0
  const refused = scan(body, {
    group: (next) => (head = shared(next)),
    run: (traceId, start, end, spans, rooted) => {
      runs.push({ traceId, head, start, end, spans, rooted })
      copied += head.resource.length + head.scope.length
    },
  })
  if (copied > COPIED) throw new MalformedError(`resources of ${copied} bytes, one for each trace; send smaller batches`)
  return { runs, refused }
}
