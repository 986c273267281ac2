/** How a text is written down. */
export type Charset = 'utf-8' | 'utf-16le' | 'utf-16be'

/**
 * Tells JSON from protobuf by the first bytes. JSON begins with a brace or a bracket; a byte order mark or space may come before.
 * @returns undefined for what is no JSON
 */
export function jsonCharset(head: Uint8Array): Charset | undefined {
  const charset = charsetOf(head)
  const [first] = new TextDecoder(charset).decode(head.subarray(0, 256)).trimStart()
  return first === '{' || first === '[' ? charset : undefined
}

/** By the byte order mark, else by where the zero bytes of the first character are. */
function charsetOf([a, b]: Uint8Array): Charset {
  if ((a === 0xff && b === 0xfe) || ((a === 0x7b || a === 0x5b) && b === 0)) return 'utf-16le'
  if ((a === 0xfe && b === 0xff) || (a === 0 && (b === 0x7b || b === 0x5b))) return 'utf-16be'
  return 'utf-8'
}

/** Whole numbers that a double would round, where they are known to be numbers; in a string their quotes would be escaped. */
const LARGE =
  /("(?:startTimeUnixNano|endTimeUnixNano|timeUnixNano|intValue|start_time_unix_nano|end_time_unix_nano|time_unix_nano|int_value)"\s*:\s*|"type"\s*:\s*"int64"\s*,\s*"value"\s*:\s*)(-?\d{16,})(?=[\s,}])/g

/** What a JSON text says; 64-bit numbers that a double would round are strings of their digits. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(LARGE, '$1"$2"'))
}
