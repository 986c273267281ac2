import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import { inTurns } from '../../model/steps.ts'
import type { StoredTrace } from '../contract.ts'
import { ZSTD } from './chunks.ts'
import { gatherOperations, type OperationsOf } from './operations.ts'
import type { Terms } from './open-block.ts'
import { gatherTerms } from './gather-terms.ts'

/** What of a trace takes long to make. */
export interface Made {
  readonly compressed: Uint8Array
  readonly terms: Terms
  readonly operations: OperationsOf
}

/** Of a trace with more bytes of spans the transaction would hold up everything else: 25 MB took 170 ms. */
const LARGE = 1024 * 1024

export function isLarge({ otlp }: StoredTrace): boolean {
  return otlp.length > LARGE
}

/** Makes, before the transaction and with others having their turn, what goes into it of the large ones among these traces. */
export async function makeAhead(traces: readonly StoredTrace[]): Promise<ReadonlyMap<StoredTrace, Made>> {
  const made = new Map<StoredTrace, Made>()
  for (const trace of traces.filter(isLarge)) {
    const [compressed, terms, operations] = await Promise.all([
      compress(trace.otlp, { ...ZSTD, chunkSize: LARGE }),
      inTurns(gatherTerms(trace.timeline, trace.summary), setImmediate),
      inTurns(gatherOperations(trace.timeline), setImmediate),
    ])
    made.set(trace, { compressed, terms, operations })
  }
  return made
}

const compress = promisify(zstdCompress)
