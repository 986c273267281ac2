import type { PhaseId, SpanKind } from '../model/phases.ts'
import type { Span } from '../model/span.ts'
import { atOnce } from '../model/steps.ts'
import type { ClockCorrection, Figures, Interval, Timeline, TimelineSpan, Warning } from '../model/timeline.ts'
import { breakdown, type Share } from './breakdown.ts'
import { traceCriticalPath } from './critical-path.ts'
import { figuresOf } from './figures.ts'
import { gapsOf } from './gaps.ts'
import { handedOver } from './handover.ts'
import type { Node } from './node.ts'
import { durationOf, timeOf, type Scale } from './scale.ts'
import type { Sections } from './sections.ts'
import type { Correction } from './skew.ts'
import { versionOf } from './version.ts'
import { countWarnings, warningsOf } from './warnings.ts'

/**
 * A timeline over the nodes of a trace. Numbers become bigints when they are asked for, and the critical path is walked then:
 * a collector that stitches every trace it takes in needs few of them.
 */
export class StitchedTimeline implements Timeline {
  readonly traceId: string
  readonly #scale: Scale
  readonly #nodes: readonly Node[]
  readonly #corrections: readonly Correction[]
  readonly #root: Node
  #path: Sections | undefined
  #version: string | undefined
  #spans: readonly TimelineSpan[] | undefined
  #phases: ReadonlyMap<Share, bigint> | undefined
  #warnings: ReadonlyMap<Warning, number> | undefined

  /** @param nodes depth first, so the root first */
  constructor(traceId: string, scale: Scale, nodes: readonly Node[], corrections: readonly Correction[]) {
    this.traceId = traceId
    this.#scale = scale
    this.#nodes = nodes
    this.#corrections = corrections
    this.#root = nodes[0] as Node
  }

  get version(): string {
    return (this.#version ??= atOnce(versionOf(this.#nodes)))
  }

  /** Works out in steps what would be worked out when it is first asked for. */
  *ahead(): Generator<void> {
    yield
    this.#version = yield* versionOf(this.#nodes)
    yield
    void this.phases
  }

  get root(): string {
    return this.#root.spanId
  }

  get start(): bigint {
    return timeOf(this.#root.start, this.#scale)
  }

  get end(): bigint {
    return timeOf(this.#root.end, this.#scale)
  }

  get durationNs(): bigint {
    return durationOf(this.#root.end - this.#root.start, this.#scale)
  }

  get spans(): readonly TimelineSpan[] {
    const walk = (): unknown => this.#walked()
    return (this.#spans ??= this.#nodes.map((node) => new StitchedSpan(node, this.#scale, walk)))
  }

  get criticalPath(): readonly (Interval & { readonly spanId: string })[] {
    return this.#walked().map((node, start, end) => ({ spanId: node.spanId, start: this.#time(start), end: this.#time(end) }))
  }

  get gaps(): readonly (Interval & { readonly parentSpanId: string })[] {
    return gapsOf(this.#nodes).map((node, start, end) => ({
      parentSpanId: node.spanId,
      start: this.#time(start),
      end: this.#time(end),
    }))
  }

  get clocks(): readonly ClockCorrection[] {
    return this.#corrections.map(({ host, offset, low, high, pairs, confidence }) => ({
      host,
      offsetNs: durationOf(offset, this.#scale),
      lowNs: Number.isFinite(low) ? durationOf(low, this.#scale) : null,
      highNs: Number.isFinite(high) ? durationOf(high, this.#scale) : null,
      pairs,
      confidence,
    }))
  }

  get figures(): Figures {
    return figuresOf(this.#nodes, this.#scale, this.#walked())
  }

  get phases(): ReadonlyMap<Share, bigint> {
    return (this.#phases ??= new Map(
      [...handedOver(this.#nodes, () => breakdown(this.#root))].map(([share, time]): [Share, bigint] => [
        share,
        durationOf(time, this.#scale),
      ]),
    ))
  }

  get warnings(): ReadonlyMap<Warning, number> {
    return (this.#warnings ??= countWarnings(this.#nodes))
  }

  #walked(): Sections {
    return (this.#path ??= handedOver(this.#nodes, () => traceCriticalPath(this.#root)))
  }

  #time(value: number): bigint {
    return timeOf(value, this.#scale)
  }
}

class StitchedSpan implements TimelineSpan {
  readonly #node: Node
  readonly #scale: Scale
  /** Makes sure that the critical path has been walked. */
  readonly #walk: () => unknown

  constructor(node: Node, scale: Scale, walk: () => unknown) {
    this.#node = node
    this.#scale = scale
    this.#walk = walk
  }

  get spanId(): string {
    return this.#node.spanId
  }

  get parentSpanId(): string | null {
    return this.#node.parent?.spanId ?? null
  }

  get recordedParentSpanId(): string | null {
    return this.#node.span?.parentSpanId ?? null
  }

  get source(): Span | null {
    return this.#node.span
  }

  get service(): string {
    return this.#node.span?.resource.service ?? ''
  }

  get host(): string {
    return this.#node.span?.resource.host ?? ''
  }

  get name(): string {
    return this.#node.span?.name ?? (this.#node.parent === null ? 'trace' : 'missing span')
  }

  get kind(): SpanKind {
    return this.#node.span?.kind ?? 'INTERNAL'
  }

  get phase(): PhaseId | null {
    return this.#node.phase
  }

  get start(): bigint {
    return timeOf(this.#node.start, this.#scale)
  }

  get end(): bigint {
    return timeOf(this.#node.end, this.#scale)
  }

  get rawStart(): bigint {
    return this.#node.span?.start ?? this.start
  }

  get rawEnd(): bigint {
    return this.#node.span?.end ?? this.end
  }

  get selfNs(): bigint {
    return durationOf(this.#node.self, this.#scale)
  }

  get criticalNs(): bigint {
    this.#walk()
    return durationOf(this.#node.critical, this.#scale)
  }

  get slackNs(): bigint {
    this.#walk()
    return durationOf(this.#node.slack, this.#scale)
  }

  get dragNs(): bigint {
    this.#walk()
    return durationOf(this.#node.drag, this.#scale)
  }

  get seconds(): number {
    return ((this.#node.end - this.#node.start) * Number(this.#scale.unit)) / 1e9
  }

  get selfSeconds(): number {
    return (this.#node.self * Number(this.#scale.unit)) / 1e9
  }

  get endMs(): number {
    const { base, unit } = this.#scale
    return (Number(base) + this.#node.end * Number(unit)) / 1e6
  }

  get depth(): number {
    return this.#node.depth
  }

  get error(): boolean {
    return this.#node.span?.status === 'error'
  }

  get warnings(): readonly Warning[] {
    return warningsOf(this.#node.flags)
  }
}
