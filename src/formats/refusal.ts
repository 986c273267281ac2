import type { Span } from '../model/span.ts'

/** Something in a file that could not be taken. */
export interface Refusal {
  readonly file: string
  /** Where in the file: `data[0].spans[3]`, `line 12`; empty for the file as a whole. */
  readonly where: string
  /** Why, in words. */
  readonly reason: string
}

/** What a document holds: its spans, and what in it could not be taken. */
export interface Reading {
  readonly spans: Span[]
  readonly refused: Omit<Refusal, 'file'>[]
}

/** Something that cannot be taken; the message says why. */
export class Unusable extends Error {}

/** Takes each of a list by itself: one that is unusable is refused, the others stay. */
export function takeEach<Item>(list: readonly Item[], where: (place: number) => string, take: (item: Item) => Span): Reading {
  const reading: Reading = { spans: [], refused: [] }
  list.forEach((item, place) => {
    try {
      reading.spans.push(take(item))
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      reading.refused.push({ where: where(place), reason: error.message })
    }
  })
  return reading
}

/** Several readings as one. */
export function together(readings: readonly Reading[]): Reading {
  return { spans: readings.flatMap(({ spans }) => spans), refused: readings.flatMap(({ refused }) => refused) }
}
