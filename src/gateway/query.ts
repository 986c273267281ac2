/** Names of query parameters whose values are nobody's business. */
const SECRET =
  /^(?:.*(?:pass(?:w(?:or)?d|phrase)?|secret|token|api[-_]?key|access[-_]?key|auth|credential|signature|session).*|sig|sid|key|code|pwd|jwt|otp|pin)$/i

/** A query string with the values of secret-looking parameters replaced, as the semantic conventions ask for `url.query`. */
export function redactQuery(query: string): string {
  return query
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=')
      return at > 0 && SECRET.test(decode(pair.slice(0, at))) ? `${pair.slice(0, at)}=REDACTED` : pair
    })
    .join('&')
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
