import { OWN } from '../model/attributes.ts'
import type { Head } from '../otlp/decode-scan.ts'
import { assemble, type Piece } from './pieces.ts'
import { spanIdOf, spansIn, spansOf } from './single-spans.ts'

/** After so many spans others get their turn. */
const STEP = 20_000

/**
 * What is stored of a trace and what has come since, as one request: messages side by side are one message whose repeated fields
 * hold both. A span that is there already, byte by byte, is left out, so that a trace that is sent again and again does not grow;
 * one that was sent twice is kept twice, so that its timeline can say so. A snapshot of a span goes when the span comes again: a
 * request that hangs for hours is sent with every one of them. In steps; of what is stored only those spans are looked at whose ids
 * came again.
 * @param copies how often a span may be there: 1 for what is replayed from the log, as the process may have ended between storing and forgetting
 */
export function* merging(former: Uint8Array, fresh: readonly Piece[], copies: 1 | 2): Generator<void, Buffer> {
  const coming = yield* byId(fresh)
  const counts = new Counts()
  const snapshots: Piece[] = []
  let seen = 0
  for (const piece of spansOf(former)) {
    if (++seen % STEP === 0) yield
    if (!coming.has(spanIdOf(piece))) continue
    counts.add(piece)
    if (isSnapshot(piece)) snapshots.push(piece)
  }
  yield
  const news: Piece[] = []
  for (const pieces of coming.values()) news.push(...current(pieces.filter((piece) => counts.add(piece) <= copies)))
  yield
  const replaced = new Set(news.map(spanIdOf))
  const gone = new Set(snapshots.filter((piece) => replaced.has(spanIdOf(piece))).map(({ start }) => start))
  return gone.size === 0 ? Buffer.concat([former, assemble(news)]) : assemble([...without(former, gone), ...news])
}

/** The spans that have come, by id. */
function* byId(fresh: readonly Piece[]): Generator<void, Map<string, Piece[]>> {
  const coming = new Map<string, Piece[]>()
  let seen = 0
  for (const run of fresh) {
    for (const piece of spansIn(run)) {
      if (++seen % STEP === 0) yield
      const id = spanIdOf(piece)
      const same = coming.get(id)
      if (same === undefined) coming.set(id, [piece])
      else same.push(piece)
    }
  }
  return coming
}

/** Of the pieces of one id, without the snapshots that others came after. */
function current(pieces: Piece[]): Piece[] {
  return pieces.length < 2 ? pieces : pieces.filter((piece, place) => place === pieces.length - 1 || !isSnapshot(piece))
}

const IN_FLIGHT: string = OWN.inFlight

function isSnapshot({ body, start, end }: Piece): boolean {
  return Buffer.from(body.buffer, body.byteOffset + start, end - start).includes(IN_FLIGHT)
}

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

/** The spans of a request but those that begin at these places, neighbours as one piece. */
function without(body: Uint8Array, gone: ReadonlySet<number>): Piece[] {
  const pieces: Piece[] = []
  for (const piece of spansOf(body)) {
    if (gone.has(piece.start)) continue
    const last = pieces.at(-1)
    if (last?.head === piece.head && last.end === piece.start) pieces[pieces.length - 1] = { ...last, end: piece.end }
    else pieces.push(piece)
  }
  return pieces
}
