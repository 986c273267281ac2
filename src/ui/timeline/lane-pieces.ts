import type { LaneJson } from '../../query/wire/outline.ts'
import { ownSegments } from './segments.ts'
import type { Trace } from './trace.ts'

/** A piece of a lane: where the span's own time was. */
export type Piece = readonly [start: number, end: number, span: number]

const ORDER: readonly LaneJson['kind'][] = ['client', 'proxy', 'app', 'database']

/**
 * The lanes in the order of a request's way: client, proxy, app, database; of one kind, as they came. An app that calls others is
 * their client, and follows itself. Placeholders have none.
 */
export function laneOrder(trace: Pick<Trace, 'lanes'>): number[] {
  const all = trace.lanes.map((_, index) => index)
  const named = all.filter((index) => trace.lanes[index]?.name !== '')
  const apps = new Set(trace.lanes.flatMap(({ kind, name }) => (kind === 'app' ? [name] : [])))
  const rankOf = (index: number): number => {
    const { kind = 'app', name = '' } = trace.lanes[index] ?? {}
    return ORDER.indexOf(kind === 'client' && index > 0 && apps.has(name) ? 'app' : kind)
  }
  return (named.length > 0 ? named : all).sort((a, b) => rankOf(a) - rankOf(b) || a - b)
}

/**
 * What to paint in each lane: every span's own time, those below others in the tree later, so that they lie on top. Pieces that
 * would fall on a pixel that the same span's lane just got are left out: 100,000 spans on 1,000 pixels need no 200,000 rectangles.
 * @param pixel the nanoseconds of one pixel
 */
export function lanePieces(trace: Trace, pixel: number): Piece[][] {
  const pieces: Piece[][] = trace.lanes.map(() => [])
  const painted = trace.lanes.map(() => -Infinity)
  for (let span = 0; span < trace.size; span++) {
    const lane = trace.lane[span] as number
    const into = pieces[lane] as Piece[]
    const zero = trace.duration[span] === 0 ? (trace.start[span] as number) : null
    const add = (start: number, end: number): void => {
      if (end - start < pixel && Math.abs(start - (painted[lane] as number)) < pixel) return
      painted[lane] = start
      into.push([start, end, span])
    }
    if (zero === null) ownSegments(trace, span, add)
    else add(zero, zero)
  }
  return pieces
}
