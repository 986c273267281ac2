/** Percent-encoding as RFC 3986 and Django have it. */

const UNRESERVED = 'A-Za-z0-9\\-._~'

function quoter(safe: string): (text: string) => string {
  const unsafe = new RegExp(`[^${UNRESERVED}${safe.replace(/[\\\]^-]/g, '\\$&')}]+`, 'gu')
  const encode = (part: string): string => {
    let out = ''
    for (const byte of Buffer.from(part)) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return out
  }
  return (text) => text.replace(unsafe, encode)
}

/** For the result of reversing: `pchar` of RFC 3986 and the slash stay. */
export const quoteReversed: (text: string) => string = quoter("!$&'()*+,;=/~:@")

/** For a decoded path: a semicolon, an equals sign and a question mark are encoded too. */
export const quotePath: (text: string) => string = quoter("/:@&+$,!~*'()")

/** For a URL that may be encoded already: what is no URL character is encoded, percent signs stay. */
export const quoteUrl: (text: string) => string = quoter("/#%[]=:;$&()+,!?*@'~")

/** A path that begins with two slashes would be read as a host. */
export function escapeLeadingSlashes(url: string): string {
  return url.startsWith('//') ? `/%2F${url.slice(2)}` : url
}

/** The path of a request target, decoded as UTF-8; bytes that are not UTF-8 stay percent-encoded. */
export function decodePath(path: string): string {
  if (!/[%\x80-\xff]/.test(path)) return path
  try {
    if (!/[\x80-\xff]/.test(path) && !/%(?![0-9a-fA-F]{2})/.test(path)) return decodeURIComponent(path)
  } catch {
    // Not UTF-8: byte by byte below.
  }
  return decodeBytes(bytesOf(path))
}

/** The target came as bytes, one a character (latin1), some of them percent-encoded. */
function bytesOf(path: string): Buffer {
  return Buffer.from(
    path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeBytes(bytes: Buffer): string {
  let out = ''
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] as number)
    const piece = length === 0 ? undefined : decoded(bytes.subarray(at, at + length))
    if (piece === undefined) {
      out += `%${(bytes[at] as number).toString(16).toUpperCase().padStart(2, '0')}`
      at += 1
    } else {
      out += piece
      at += length
    }
  }
  return out
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** How many bytes the character has that begins with this one; 0 if none does. */
function sequenceLength(byte: number): number {
  if (byte < 0x80) return 1
  if (byte >= 0xc2 && byte < 0xe0) return 2
  if (byte >= 0xe0 && byte < 0xf0) return 3
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 0
}
