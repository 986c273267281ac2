import { OWN, type Attributes, type SharedAttributes } from '../model/attributes.ts'
import type { Label } from '../model/label.ts'
import { SPAN_KINDS } from '../model/phases.ts'
import { writeAttribute } from './encode-value.ts'
import { ProtoWriter } from './encode-writer.ts'

/** The part of a span that is the same whenever it happens, encoded. */
export interface Template {
  /** Name, kind and constant attributes: fields 5, 6 and 9 of Span. */
  readonly bytes: Uint8Array
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
  return { bytes: Uint8Array.prototype.slice.call(writer.written()), constant: new Set(Object.keys(constant)) }
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
