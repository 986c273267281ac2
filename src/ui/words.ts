/** Warnings in plain words: what it is, and what it means for what one sees. */
const WORDS: Readonly<Record<string, readonly [title: string, meaning: string]>> = {
  orphan: [
    'parent missing',
    'The span that this one belongs to never arrived; it hangs under a placeholder with the missing id.',
  ],
  cut_loop: ['loop cut', 'These spans named each other as parents. The loop was cut here, so no span is lost.'],
  self_parent: ['its own parent', 'The span named itself as its parent and was hung under the root.'],
  duplicate: ['received twice', 'The same span arrived more than once; the copies were dropped.'],
  conflict: ['conflicting copies', 'Spans with the same id but different content arrived and were merged.'],
  shared_id: ['shared id', 'A client and a server share one span id, as Zipkin does; they are shown as two spans.'],
  clock_skew: [
    'clock corrected',
    'This machine’s clock disagrees with the others; its times were shifted. Dashed outlines (or ◂ ▸, where those are out of sight) are the times as sent.',
  ],
  end_before_start: ['ended before it began', 'The end was earlier than the start; the duration is shown as zero.'],
  zero_start: ['no start time', 'The span came without a start time.'],
  in_flight: ['still running', 'The request was still running when this was sent.'],
  truncated: ['truncated', 'Part of the data was cut off because it was too large.'],
  n_plus_one: ['N+1 queries', 'The same query ran once per row. One query with a join or an IN list would do.'],
}

/** The few words and the sentence for a warning; an unknown one speaks for itself. */
export function warningWords(warning: string): { title: string; meaning: string } {
  const known = Object.hasOwn(WORDS, warning) ? WORDS[warning] : undefined
  return known === undefined ? { title: warning.replaceAll('_', ' '), meaning: '' } : { title: known[0], meaning: known[1] }
}
