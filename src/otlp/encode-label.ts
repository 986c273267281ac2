import { OWN, type Attributes, type SharedAttributes } from '../model/attributes.ts'
import type { Label } from '../model/label.ts'
import { SPAN_KINDS } from '../model/phases.ts'
import { writeAttribute } from './encode-value.ts'
import { ProtoWriter } from './encode-writer.ts'

/** The part of a span that is the same whenever it happens, encoded. */
export interface Template {
  /** Name, kind and constant attributes: fields 5, 6 and 9 of Span. */
  readonly bytes: Uint8Array
  /**
   * A whole span that has nothing of its own but ids and times, with places left for these (`PLACES`): most spans of a request
   * are such, and filling these in is quicker than writing a span field by field. Undefined for one of 16 KB or so, whose places are
   * elsewhere.
   */
  readonly whole: Uint8Array | undefined
  /** The names of the constant attributes: who sets one of these again replaces it. */
  readonly constant: ReadonlySet<string>
}

/** The label's constant attributes with our own two, `phaseline.phase` and `phaseline.stage`. */
export function constantAttributes({ phase, attributes }: Label): Attributes {
  return phase === null ? attributes : { [OWN.phase]: phase.id, [OWN.stage]: phase.stage, ...attributes }
}

/** The template of a label: made at its first use, then kept on it. */
export function templateOf(label: Label): Template {
  return (label.encoded as Template | undefined) ?? (label.encoded = makeTemplate(label))
}

function makeTemplate(label: Label): Template {
  const constant = constantAttributes(label)
  const writer = new ProtoWriter(256)
  writeName(writer, label.name, label)
  for (const name in constant) writeAttribute(writer, 0x4a, name, constant[name] as never)
  const bytes = Uint8Array.prototype.slice.call(writer.written())
  return { bytes, whole: wholeSpan(bytes), constant: new Set(Object.keys(constant)) }
}

/** Where in a whole span the words of ids, and the times, are. */
export const PLACES = { trace: 5, span: 23, parent: 33, start: 48, end: 57 } as const
/** Trace flags: sampled; whether the parent is remote is known; it is remote. */
export const SAMPLED = 0x1
export const PARENT_KNOWN = 0x100
export const PARENT_REMOTE = 0x200

/** Fields 1, 2, 4, 16, 7 and 8 of Span before the others, as a field of ScopeSpans. */
function wholeSpan(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length > 16_000) return undefined
  const writer = new ProtoWriter(80 + bytes.length)
  writer.message(0x12, () => {
    for (const [tag, size] of [
      [[0x0a, 16], 16],
      [[0x12, 8], 8],
      [[0x22, 8], 8],
    ] as const) {
      writer.raw(Uint8Array.from(tag))
      writer.raw(new Uint8Array(size))
    }
    writer.raw(Uint8Array.of(0x85, 0x01, SAMPLED, PARENT_KNOWN >> 8, 0, 0))
    for (const tag of [0x39, 0x41]) writer.raw(Uint8Array.of(tag, 0, 0, 0, 0, 0, 0, 0, 0))
    writer.raw(bytes)
  })
  return Uint8Array.prototype.slice.call(writer.written())
}

/** Attributes that are written together, encoded. */
export interface SharedTemplate {
  /** Fields 9 of Span. */
  readonly bytes: Uint8Array
  /** The label that they were last found to have no name in common with. */
  beside: Template | undefined
}

/** The encoded form of shared attributes: made at their first use, then kept on them. */
export function sharedTemplateOf(shared: SharedAttributes): SharedTemplate {
  return (shared.encoded as SharedTemplate | undefined) ?? (shared.encoded = makeShared(shared))
}

function makeShared({ attributes }: SharedAttributes): SharedTemplate {
  const writer = new ProtoWriter(256)
  for (const name in attributes) writeAttribute(writer, 0x4a, name, attributes[name] as never)
  return { bytes: Uint8Array.prototype.slice.call(writer.written()), beside: undefined }
}

/** Name and kind of a span. */
export function writeName(writer: ProtoWriter, name: string, { spanKind }: Label): void {
  writer.textField(0x2a, name)
  writer.reserve(2)
  writer.bytes[writer.at++] = 0x30
  writer.bytes[writer.at++] = SPAN_KINDS[spanKind]
}
