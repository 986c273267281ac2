/** Names of query parameters whose values are nobody's business: the semantic conventions' four, and what looks like them. */
const SECRET = new RegExp(
  [
    '^(?:awsaccesskeyid|sig|pass|key|code|assertion|jwt|pin|otp|sid)$',
    'token|secret|passw|pwd|passphrase|api[-_]?key|access[-_]?key|private[-_]?key|credential|session|signature',
    // An author is no secret.
    'auth(?!or(?!i[sz]))',
  ].join('|'),
  'i',
)

/** Finds every query with a secret, and some without. Measured: 70 ns, and 500 for looking at each of three parameters. */
const SUSPECT = /sig|pass|key|code|assertion|jwt|pin|otp|sid|token|secret|pwd|credential|session|auth|%/i

const PARAMETER = /([^?&=#]+)=([^&#]*)/g

/**
 * A query string, without its question mark, as `url.query` may be recorded: the values of parameters whose names look like
 * secrets are replaced by `REDACTED` (semantic conventions, `url.query`). The same string if there is none.
 */
export function redactQuery(query: string): string {
  return SUSPECT.test(query) ? query.replace(PARAMETER, redactParameter) : query
}

/** Of a path and its query together, at most so many characters are recorded. */
const LONGEST = 2_048

/**
 * A URL as `url.full` may be recorded: besides what `redactQuery` does, user info is replaced and the fragment is cut.
 * @param origin `https://books.test:8443` @param path with its query
 */
export function redactUrl(origin: string, path: string): string {
  const shown = origin.includes('@') ? origin.replace(/\/\/[^/]*@/, '//REDACTED:REDACTED@') : origin
  let end = path.indexOf('#')
  if (end === -1) end = path.length
  const whole = end > LONGEST || end < path.length ? path.slice(0, Math.min(end, LONGEST)) : path
  const mark = whole.indexOf('?')
  return mark === -1 ? shown + whole : shown + whole.slice(0, mark + 1) + redactQuery(whole.slice(mark + 1))
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
