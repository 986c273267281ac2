import type { Trace } from './trace.ts'

type Texts = Pick<Trace, 'size' | 'spanOf' | 'outline'>

/** The spans whose name, phase, service or id holds the text; none for an empty text. */
export function search(trace: Texts, text: string): number[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  const hit = trace.outline.strings.map((value) => value.toLowerCase().includes(wanted))
  const { name, phase, service } = trace.outline.spans
  const withId = trace.spanOf(wanted)
  const found: number[] = []
  for (let span = 0; span < trace.size; span++) {
    if (hit[name[span] as number] || hit[phase[span] as number] || hit[service[span] as number] || span === withId) {
      found.push(span)
    }
  }
  return found
}

/** The match after (or before) a span, round the end. Undefined if there is none. */
export function nextMatch(matches: readonly number[], from: number, direction: 1 | -1): number | undefined {
  if (direction === 1) return matches.find((span) => span > from) ?? matches[0]
  return matches.findLast((span) => span < from) ?? matches.at(-1)
}
