import type { AgentPhase } from '../phase.ts'
import type { TraceRecord } from '../record.ts'

/** Where records go. */
export interface Exit {
  /** Takes ended phases, from `first` along `next`; unlinks them. */
  take(record: TraceRecord, first: AgentPhase): void
  /** Everything taken so far is on its way; resolves when it has arrived or was given up, or after so many ms. */
  flush(timeout: number): Promise<void>
  shutdown(timeout: number): Promise<void>
  /** The process exits, and nothing asynchronous happens any more: what has not been sent is sent before this returns, if it can be. */
  lastGasp(): void
}
