import { OWN } from '../model/attributes.ts'
import { ofAttributes } from '../model/shared-attributes.ts'
import type { Span, Value } from '../model/span.ts'
import { hexOf, mixNumber, mixText, spread, type Hash } from './hash.ts'
import type { Node } from './node.ts'
import { STEP } from './steps.ts'
import { BIT } from './warnings.ts'

/**
 * The version of a timeline: 64 bits of hash over the spans that it shows, whatever their order and however often each came.
 * Ids, times, names, status, service and the texts and numbers of attributes count. Not for secrets. In steps.
 */
export function* versionOf(nodes: readonly Node[]): Generator<void, string> {
  let a = 0
  let b = 0
  let count = 0
  const hash: Hash = { a: 0, b: 0 }
  for (const { span, start, end, flags, untimed } of nodes) {
    if (span === null) continue
    // Where stitching gave it an end, other spans and clocks had a say.
    const given = untimed || (flags & (BIT.in_flight | BIT.zero_start)) !== 0
    hash.a = 0x811c9dc5
    hash.b = 0x9747b28c
    mixSpan(hash, span, given ? Number(span.end - span.start) : end - start)
    mixNumber(hash, flags & BIT.conflict)
    a = (a + spread(hash.a)) | 0
    b = (b + spread(hash.b)) | 0
    if (++count % STEP === 0) yield
  }
  return hexOf({ a: a ^ count, b })
}

function mixSpan(hash: Hash, span: Span, duration: number): void {
  mixText(hash, span.spanId)
  if (span.parentSpanId !== null) mixText(hash, span.parentSpanId)
  mixNumber(hash, Number(span.start & 0xffff_ffffn))
  mixNumber(hash, Number(span.start >> 32n))
  mixNumber(hash, duration)
  mixText(hash, span.name)
  mixText(hash, span.kind)
  mixText(hash, span.status)
  mixText(hash, span.resource.service)
  mixNumber(hash, span.events.length + span.links.length * 1_000)
  const { a, b } = attributesHash(span.attributes)
  mixNumber(hash, a)
  mixNumber(hash, b)
}

/** Attributes are a set: each is hashed by itself and added. */
const attributesHash = ofAttributes((attributes): Hash => {
  let a = 0
  let b = 0
  for (const [key, value] of attributes) {
    if (key === OWN.phase || key === OWN.stage) continue
    const one = hashOf(key, value)
    a = (a + one.a) | 0
    b = (b + one.b) | 0
  }
  return { a, b: b + attributes.size }
})

/** What was hashed last of each key: many spans say the same, and comparing texts takes a fifth of hashing them. */
const last = new Map<string, Hash & { value: Value }>()
const MOST_KEYS = 1_000
const LONGEST = 512

function hashOf(key: string, value: Value): Readonly<Hash> {
  const known = last.get(key)
  if (known !== undefined && known.value === value && typeof value === 'string') return known
  const one = known ?? { a: 0, b: 0, value }
  one.a = key.length
  one.b = key.charCodeAt(key.length - 1)
  mixValue(one, value)
  one.a = spread(one.a)
  one.b = spread(one.b)
  const kept = typeof value === 'string' && value.length + key.length <= LONGEST
  one.value = kept ? value : null
  if (!kept || known !== undefined) return one
  if (last.size >= MOST_KEYS) last.clear()
  last.set(key, one)
  return one
}

function mixValue(hash: Hash, value: Value): void {
  if (typeof value === 'string') mixText(hash, value)
  else if (typeof value === 'number') mixNumber(hash, Number.isInteger(value) ? value : value * 1_000_003)
  else if (Array.isArray(value)) for (const item of value) mixValue(hash, item)
  else if (value !== null && typeof value === 'object') mixText(hash, Object.keys(value).join())
  else mixText(hash, String(value))
}
