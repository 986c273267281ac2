import type { Timeline } from '../model/timeline.ts'
import { decodeSpans } from '../otlp/decode.ts'
import { ProtobufReader, WIRE } from '../otlp/decode-reader.ts'
import type { ClockBound } from '../stitch/evidence.ts'
import type { ClockKnowledge } from '../stitch/skew.ts'
import { stitch } from '../stitch/stitch.ts'

/**
 * What of other traces a timeline was stitched with stays with its spans, so that whoever reads it later gets the same one: as a field of the
 * request that OTLP does not have and that its readers pass over, `[[from, to, low, high], …]` in JSON.
 */
const FIELD = 7427
const TAG = (FIELD << 3) | WIRE.bytes

type Row = readonly [from: string, to: string, low: number | null, high: number | null]

/** The spans and, after them, what was used with them. */
export function withClocks(otlp: Uint8Array, used: readonly ClockBound[]): Uint8Array {
  if (used.length === 0) return otlp
  const json = Buffer.from(JSON.stringify(used.map(({ from, to, low, high }): Row => [from, to, low, high])))
  return Buffer.concat([otlp, varint(TAG), varint(json.length), json])
}

/** What was stored, taken apart again. */
export function clocksOf(stored: Uint8Array): { readonly otlp: Uint8Array; readonly used: readonly ClockBound[] } {
  const reader = new ProtobufReader(stored)
  const end = reader.bytes.length
  while (reader.at < end) {
    const start = reader.at
    const tag = reader.tag()
    if (tag !== TAG) reader.skip(tag, end)
    else {
      const stop = reader.until(end)
      const rows = JSON.parse(reader.bytes.toString('utf8', reader.at, stop)) as Row[]
      return { otlp: stored.subarray(0, start), used: rows.map(boundOf) }
    }
  }
  return { otlp: stored, used: [] }
}

/** JSON has no infinity: an end that nothing is known of is null. */
function boundOf([from, to, low, high]: Row): ClockBound {
  return { from, to, low: low ?? -Infinity, high: high ?? Infinity }
}

/** The knowledge that these bounds are, and beyond them what `others` know: late spans are stitched with what the first were. */
export function knowing(used: readonly ClockBound[], others?: ClockKnowledge): ClockKnowledge {
  return {
    bound: (from, to, at, traceId) =>
      used.find((bound) => bound.from === from && bound.to === to) ?? others?.bound(from, to, at, traceId),
  }
}

/** The timeline of a trace as it was stored. */
export function readTimeline(stored: Uint8Array): Timeline {
  const { otlp, used } = clocksOf(stored)
  return stitch(decodeSpans(otlp), knowing(used))
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
