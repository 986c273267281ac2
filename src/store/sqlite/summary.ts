import { PHASE_IDS, type PhaseId } from '../../model/phases.ts'
import type { Received, Summary } from '../../model/summary.ts'
import type { Warning } from '../../model/timeline.ts'
import { LONGEST_NAME, type Texts } from './texts.ts'

/**
 * A summary in some 100 bytes: whole numbers as varints, texts by number, phases by their place in the table.
 * The first byte is the form's version; the first form ended with the calls.
 */
const FORM = 2

/** Places of phases in what is stored: the table's order today. New phases go to the end, whatever place the table gives them. */
const PHASES: readonly (PhaseId | 'gap' | 'other')[] = ['gap', 'other', ...PHASE_IDS]
const PLACES = new Map(PHASES.map((phase, place) => [phase, place]))

/** How often one service called another, kept with the summary so that a new version of a trace can take back the old one's. */
export interface Call {
  readonly parent: string
  readonly child: string
  readonly calls: number
}

export function packSummary(summary: Summary, calls: readonly Call[], texts: Texts): Uint8Array {
  const out = new Packer(texts)
  out.number(FORM)
  out.fixed(summary.version)
  out.text(summary.service)
  out.text(summary.name)
  out.text(summary.method)
  out.text(summary.route)
  out.number(summary.status === null ? 0 : summary.status + 1)
  out.number(summary.start)
  out.number(summary.durationNs)
  out.number(summary.spanCount)
  out.list(summary.services, (service) => out.text(service))
  out.number((summary.error ? 1 : 0) | (summary.inFlight ? 2 : 0))
  out.list([...summary.phases], ([phase, ns]) => {
    out.number(PLACES.get(phase) as number)
    out.number(ns)
  })
  out.list([...summary.warnings], ([warning, count]) => {
    out.text(warning)
    out.number(count)
  })
  out.text(summary.slowestMiddleware?.name ?? null)
  out.text(summary.slowestMiddleware?.hook ?? null)
  out.number(summary.slowestMiddleware?.selfNs ?? 0)
  out.list(calls, (call) => {
    out.text(call.parent)
    out.text(call.child)
    out.number(call.calls)
  })
  packReceived(summary, out)
  return out.packed()
}

/** Mostly a small number each: times as what they differ by from the timeline's. Names that would be cut are not written: then there is none of it. */
function packReceived({ received, start, durationNs, services }: Summary, out: Packer): void {
  const isWhole = (text: string): boolean => text.length <= LONGEST_NAME
  const isKept = received !== undefined && [received.root?.service ?? '', received.root?.name ?? '', ...services].every(isWhole)
  out.number(isKept ? 1 : 0)
  if (!isKept) return
  out.text(received.root?.service ?? null)
  out.text(received.root?.name ?? null)
  out.difference(received.start, start)
  out.difference(received.end, start + durationNs)
  for (const service of services) {
    out.number(received.services.get(service)?.spans ?? 0)
    out.number(received.services.get(service)?.errors ?? 0)
  }
}

/** The bytes of an id as text. */
export function hexOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('hex')
}

export function unpackSummary(traceId: string, packed: Uint8Array, texts: Texts): { summary: Summary; calls: Call[] } {
  const from = new Unpacker(packed, texts)
  const form = from.number()
  const summary = {
    traceId,
    version: from.fixed(),
    service: from.text() ?? '',
    name: from.text() ?? '',
    method: from.text(),
    route: from.text(),
    status: ((status) => (status === 0 ? null : status - 1))(from.number()),
    start: from.bigint(),
    durationNs: from.bigint(),
    spanCount: from.number(),
    services: from.list(() => from.text() ?? ''),
    ...((flags) => ({ error: (flags & 1) !== 0, inFlight: (flags & 2) !== 0 }))(from.number()),
    phases: new Map(from.list(() => [PHASES[from.number()] ?? 'other', from.bigint()] as const)),
    warnings: new Map(from.list(() => [(from.text() ?? '') as Warning, from.number()] as const)),
    slowestMiddleware: middleware(from.text(), from.text(), from.bigint()),
  }
  const calls = from.list(() => ({ parent: from.text() ?? '', child: from.text() ?? '', calls: from.number() }))
  const received = form > 1 && from.number() === 1 ? unpackReceived(summary, from) : undefined
  return { summary: received === undefined ? summary : { ...summary, received }, calls }
}

function unpackReceived({ start, durationNs, services }: Summary, from: Unpacker): Received {
  const [service, name] = [from.text(), from.text()]
  return {
    root: service === null ? null : { service, name: name ?? '' },
    start: from.difference(start),
    end: from.difference(start + durationNs),
    services: new Map(services.map((one) => [one, { spans: from.number(), errors: from.number() }])),
  }
}

function middleware(name: string | null, hook: string | null, selfNs: bigint): Summary['slowestMiddleware'] {
  return name === null ? null : { name, hook: hook ?? '', selfNs }
}

/** Where summaries are written, one at a time. */
const room = { bytes: Buffer.allocUnsafeSlow(4_096) }

class Packer {
  private at = 0
  private readonly texts: Texts

  constructor(texts: Texts) {
    this.texts = texts
  }

  number(value: number | bigint): void {
    this.reserve(10)
    let rest = typeof value === 'bigint' && value <= 0xffffffffffffn && value >= 0n ? Number(value) : value
    if (typeof rest === 'bigint') {
      for (rest = BigInt.asUintN(64, rest); rest > 0x7fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80)
      return this.byte(Number(rest))
    }
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80)
    this.byte(rest)
  }

  private byte(value: number): void {
    room.bytes[this.at++] = value
  }

  private reserve(length: number): void {
    const { bytes } = room
    if (this.at + length > bytes.length) room.bytes = Buffer.concat([bytes], 2 * (bytes.length + length))
  }

  /** Of two times, whatever the sign: modulo 2^64, as they were sent. */
  difference(time: bigint, other: bigint): void {
    const by = BigInt.asIntN(64, time - other)
    this.number(by < 0n ? -2n * by - 1n : 2n * by)
  }

  fixed(text: string): void {
    const length = Buffer.byteLength(text)
    this.number(length)
    this.reserve(length)
    this.at += room.bytes.write(text, this.at)
  }

  /** 0 for null, 1 and the text itself where it has no number. */
  text(text: string | null): void {
    if (text === null) return this.number(0)
    const id = this.texts.idOf(text)
    if (id !== undefined) return this.number(id + 1)
    this.number(1)
    this.fixed(text.slice(0, LONGEST_NAME).toWellFormed())
  }

  list<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.number(items.length)
    for (const item of items) write(item)
  }

  packed(): Uint8Array {
    return Uint8Array.prototype.slice.call(room.bytes, 0, this.at)
  }
}

/** What seven bytes of a varint hold: a number has room for it. */
const SEVEN = 49n

class Unpacker {
  private readonly bytes: Buffer
  private readonly texts: Texts
  private at = 0

  constructor(bytes: Uint8Array, texts: Texts) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.texts = texts
  }

  /** Up to ten bytes. Measured: with bigints alone a line took 5.7 µs instead of 3.7. */
  bigint(): bigint {
    let low = 0
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.bytes[this.at++] ?? 0
      low += (byte & 0x7f) * scale
      if (byte < 0x80) return BigInt(low)
    }
    let high = 0
    for (let scale = 1; scale < 2 ** 21; scale *= 128) {
      const byte = this.bytes[this.at++] ?? 0
      high += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    return BigInt(low) + (BigInt(high) << SEVEN)
  }

  difference(other: bigint): bigint {
    const by = this.bigint()
    return BigInt.asUintN(64, other + (by & 1n ? -(by + 1n) / 2n : by / 2n))
  }

  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  fixed(): string {
    const length = this.number()
    this.at += length
    return this.bytes.toString('utf8', this.at - length, this.at)
  }

  text(): string | null {
    const id = this.number()
    if (id === 0) return null
    return id === 1 ? this.fixed() : this.texts.textOf(id - 1)
  }

  /** Each item has a byte at least: a length that damage made up ends with the bytes. */
  list<Item>(read: () => Item): Item[] {
    return Array.from({ length: Math.min(this.number(), this.bytes.length - this.at) }, read)
  }
}
