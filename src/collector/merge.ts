import { OWN } from '../model/attributes.ts'
import { ProtobufReader } from '../otlp/decode-reader.ts'
import { type Head, scan } from '../otlp/decode-scan.ts'
import { assemble, type Piece, sharedHead } from './pieces.ts'

/**
 * What is stored of a trace and what has come since, as one request: messages side by side are one message whose repeated fields
 * hold both. A span that is there already, byte by byte, is left out, so that a trace that is sent again and again does not grow;
 * one that was sent twice is kept twice, so that its timeline can say so.
 * @param copies how often a span may be there: 1 for what is replayed from the log, as the process may have ended between storing and forgetting
 */
export function merge(former: Uint8Array, fresh: readonly Piece[], copies: 1 | 2): Buffer {
  const counts = new Counts()
  for (const piece of spansOf(former)) counts.add(piece)
  const news = fresh.flatMap((piece) => [...split(piece)]).filter((piece) => counts.add(piece) <= copies)
  if (Buffer.from(former.buffer, former.byteOffset, former.length).includes(IN_FLIGHT))
    return assemble(current([...spansOf(former), ...news]))
  return Buffer.concat([former, assemble(news)])
}

const IN_FLIGHT: string = OWN.inFlight

/** Without snapshots of spans that came again: a request that hangs for hours is sent with every one of them. */
function current(pieces: readonly Piece[]): Piece[] {
  const later = new Set<string>()
  const kept: Piece[] = []
  for (const piece of pieces.toReversed()) {
    const id = spanIdOf(piece)
    const { body, start, end } = piece
    const snapshot = Buffer.from(body.buffer, body.byteOffset + start, end - start).includes(IN_FLIGHT)
    if (!snapshot || !later.has(id)) kept.push(piece)
    later.add(id)
  }
  return kept.reverse()
}

/** The id of a piece of one span. */
function spanIdOf({ body, start, end }: Piece): string {
  const reader = new ProtobufReader(body)
  reader.at = start
  reader.tag()
  reader.until(end)
  while (reader.at < end) {
    const tag = reader.tag()
    if (tag === SPAN_ID) {
      const stop = reader.until(end)
      return reader.bytes.latin1Slice(reader.at, stop)
    }
    reader.skip(tag, end)
  }
  return ''
}

/** Field 2 of Span. */
const SPAN_ID = 0x12

/** How often each span was seen, by who sent it and its bytes. */
class Counts {
  private readonly heads = new Map<Head, Map<string, number>>()

  /** @returns how often it was seen, this time included */
  add({ head, body, start, end }: Piece): number {
    let counts = this.heads.get(head)
    if (counts === undefined) this.heads.set(head, (counts = new Map()))
    const bytes = Buffer.from(body.buffer, body.byteOffset + start, end - start).toString('latin1')
    const count = (counts.get(bytes) ?? 0) + 1
    counts.set(bytes, count)
    return count
  }
}

function spansOf(body: Uint8Array): Piece[] {
  const pieces: Piece[] = []
  let head: Head
  scan(body, {
    group: (next) => (head = sharedHead(next)),
    run: (_traceId, start, end) => void pieces.push(...split({ head, body, start, end })),
  })
  return pieces
}

/** A piece of several spans as one piece each. */
function* split({ head, body, start, end }: Piece): Iterable<Piece> {
  const reader = new ProtobufReader(body)
  reader.at = start
  while (reader.at < end) {
    const from = reader.at
    reader.tag()
    reader.at = reader.until(end)
    yield { head, body, start: from, end: reader.at }
  }
}
