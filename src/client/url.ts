import { isIP } from 'node:net'

/** Names of query parameters whose values are nobody's business; the convention's four, and what looks like them. */
const SECRET =
  /^(?:awsaccesskeyid|signature|sig|x-goog-signature|code|assertion|jwt|pin|otp|sid)$|token|secret|passw|pwd|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|auth|credential|session|signature/i

const PARAMETER = /([^?&=#]+)=([^&#]*)/g

/**
 * A URL fit to be recorded as `url.full`: user info and the values of secret-looking query parameters are replaced by
 * `REDACTED` (semantic conventions, `url.full`), the fragment is cut, and what is longer than 2,048 characters as well.
 */
export function redactUrl(origin: string, path: string): string {
  const [base, query] = split(path.length > LONGEST ? path.slice(0, LONGEST) : path)
  const shown = origin.includes('@') ? origin.replace(/\/\/[^/]*@/, '//REDACTED:REDACTED@') : origin
  if (query === undefined) return shown + base
  return `${shown}${base}?${query.replace(PARAMETER, redactParameter)}`
}

const LONGEST = 2_048

function split(path: string): [base: string, query?: string] {
  const hash = path.indexOf('#')
  const whole = hash === -1 ? path : path.slice(0, hash)
  const mark = whole.indexOf('?')
  return mark === -1 ? [whole] : [whole.slice(0, mark), whole.slice(mark + 1)]
}

function redactParameter(whole: string, name: string): string {
  return SECRET.test(decoded(name)) ? `${name}=REDACTED` : whole
}

/** `%74oken` is a token too. */
function decoded(name: string): string {
  if (!name.includes('%')) return name
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Where a request goes, as the conventions want it. */
export interface Origin {
  /** `https://example.com:8443`, without a default port. */
  readonly origin: string
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 }

/** @param protocol with its colon @param host a name or address, IPv6 with or without brackets */
export function originOf(protocol: string, host: string, port?: number): Origin {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  const shown = isIP(bare) === 6 ? `[${bare}]` : bare
  const standard = DEFAULT_PORTS[protocol]
  const actual = port ?? standard ?? 0
  return { origin: `${protocol}//${shown}${actual === standard ? '' : `:${actual}`}`, host: bare, port: actual }
}
