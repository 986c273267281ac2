/** `phaseline/collector`: receives spans, makes timelines of them, keeps and forwards them. */
export { collect } from './collect.ts'
export type { Collector, CollectOptions, CollectorStats, Limits } from './collect.ts'
export type { ForwardStats, ForwardTarget } from './forward.ts'
export type { Access } from './guard.ts'
export type { Dependency, Filter, Operation, Page, Retention, Store, StoredTrace, StoreStats } from '../store/contract.ts'
