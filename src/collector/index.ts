/** `phaseline/collector`: receives spans, makes timelines of them, keeps and forwards them. */
export { collect } from './collect.ts'
export type { Collector, CollectOptions, CollectorStats, Events, Limits } from './contract.ts'
export type { KnownClock } from '../stitch/clock-book.ts'
export type { Patience } from './gather.ts'
export type { Delivery } from './receiver.ts'
export type { ForwardStats, ForwardTarget } from './forward.ts'
export type { Access } from './guard.ts'
export type { Dependency, Filter, Operation, Page, Retention, Store, StoredTrace, StoreStats } from '../store/contract.ts'
