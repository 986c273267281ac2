/** How the agent itself is doing: numbers since the start of the process. Every span is in exactly one of the outcomes, or still waiting. */
export interface Stats {
  /** Spans that were recorded and handed to an exit. */
  spans: number
  /** Spans that the collector took. */
  exported: number
  /** Spans given up: the queue was full, the collector refused them or stayed away. */
  dropped: number
  /** Of the dropped: those the collector itself said it rejected. */
  rejected: number
  /** Requests to the collector, tries again included. */
  posts: number
  /** Requests to the collector that failed. */
  errors: number
  /** Bytes that the collector took. */
  bytes: number
  /** Time spent on making spans of what was recorded, in ms: of every 16th request, times 16. */
  encodeMs: number
  /** Time spent on measuring requests for metrics, in ms: likewise. */
  measureMs: number
  /** Time spent on handing batches to the network, in ms. */
  sendMs: number
  /** Errors inside the agent; none of them reached the app. */
  internalErrors: number
}

export const counters: Stats = {
  spans: 0,
  exported: 0,
  dropped: 0,
  rejected: 0,
  posts: 0,
  errors: 0,
  bytes: 0,
  encodeMs: 0,
  measureMs: 0,
  sendMs: 0,
  internalErrors: 0,
}

/** A copy of the agent's counters. Spans = exported + dropped + waiting. */
export function stats(): Stats {
  return { ...counters }
}

/** One request in so many has its cost measured: reading the clock twice for each would cost a tenth of what it tells. A power of 2. */
export const SAMPLED_COST = 16
