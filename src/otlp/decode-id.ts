import type { ProtobufReader } from './decode-reader.ts'

/** Ids come again as their children's parents: the text of each is made once. Places by the id's own bits, the newest stays. */
const SLOTS = 1 << 12
const low = new Int32Array(SLOTS)
const high = new Int32Array(SLOTS)
const texts: (string | undefined)[] = Array.from({ length: SLOTS })

/** The bytes up to `end` as hexadecimal digits; the reader moves there. */
export function readId(reader: ProtobufReader, end: number): string {
  const start = reader.at
  reader.at = end
  if (end - start !== 8) return reader.bytes.hexSlice(start, end)
  const one = reader.view.getInt32(start, true)
  const two = reader.view.getInt32(start + 4, true)
  const slot = (one ^ (two >>> 7)) & (SLOTS - 1)
  const known = texts[slot]
  if (known !== undefined && low[slot] === one && high[slot] === two) return known
  low[slot] = one
  high[slot] = two
  return (texts[slot] = reader.bytes.hexSlice(start, end))
}

const last = { words: new Int32Array(4), text: '' }

/** The same for a trace's id, which neighbours share. */
export function readTraceId(reader: ProtobufReader, end: number): string {
  const { at, view } = reader
  reader.at = end
  if (end - at !== 16) return reader.bytes.hexSlice(at, end)
  const { words } = last
  let same = last.text !== ''
  for (let word = 0; word < 4; word++) {
    const read = view.getInt32(at + word * 4, true)
    if (words[word] !== read) same = false
    words[word] = read
  }
  if (!same) last.text = reader.bytes.hexSlice(at, end)
  return last.text
}
