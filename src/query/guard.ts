/** Who may ask. The collector listens on the local machine, and any page in a browser there can reach it: these rules keep those out. */

/** What of a request the rules look at. Header names are lower case. */
export interface Asked {
  header(name: string): string | undefined
}

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The host of a `Host` header, without its port: `[::1]:7427` → `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

/**
 * Whether a `Host` header is one of ours. A page of evil.example that makes its name mean 127.0.0.1 (DNS rebinding) is the same
 * origin to a browser, but still says `Host: evil.example`.
 * @param also names beside the local ones
 */
export function knownHost(host: string | undefined, also: readonly string[] = []): boolean {
  if (host === undefined) return false
  const name = hostName(host)
  return LOCAL.has(name) || name.endsWith('.localhost') || also.some((other) => other.toLowerCase() === name)
}

/**
 * Whether a request that changes something comes from our own page or from no page at all (curl). Browsers say where it comes from:
 * `Sec-Fetch-Site`, and older ones `Origin`.
 */
export function sameSite(asked: Asked): boolean {
  const site = asked.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const origin = asked.header('origin')
  if (origin === undefined) return true
  const host = URL.canParse(origin) ? new URL(origin).host : undefined
  return host !== undefined && host === asked.header('host')?.toLowerCase()
}
