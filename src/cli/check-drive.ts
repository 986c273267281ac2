import { newSpanId, newTraceId } from '../model/ids.ts'
import { formatTraceparent } from '../model/traceparent.ts'
import { StartError } from './command.ts'

/** How an app is driven. */
export interface Driving {
  readonly urls: readonly URL[]
  readonly headers: Readonly<Record<string, string>>
  /** How many requests of each URL count, and how many are made before those. */
  readonly requests: number
  readonly warmup: number
}

/** What came of it. */
export interface Driven {
  /** Of the requests that count. */
  readonly traceIds: readonly string[]
  /** By status, of all. */
  readonly statuses: ReadonlyMap<number, number>
}

const TIMEOUT_MS = 30_000

/**
 * Makes the requests one after the other, each as a sampled trace of its own, so that its timeline is found again whatever else
 * the app does meanwhile.
 * @throws StartError if the app does not answer
 */
export async function drive({ urls, headers, requests, warmup }: Driving): Promise<Driven> {
  const traceIds: string[] = []
  const statuses = new Map<number, number>()
  for (let round = -warmup; round < requests; round++) {
    for (const url of urls) {
      const traceId = newTraceId()
      const status = await request(url, { ...headers, traceparent: formatTraceparent(traceId, newSpanId(), true) })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (round >= 0) traceIds.push(traceId)
    }
  }
  return { traceIds, statuses }
}

async function request(url: URL, headers: Record<string, string>): Promise<number> {
  try {
    const answer = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    await answer.arrayBuffer()
    return answer.status
  } catch (error) {
    const { cause, message } = error as Error
    throw new StartError(`no answer from ${url.href}: ${cause instanceof Error ? cause.message : message}`, { cause: error })
  }
}
