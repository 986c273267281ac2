/** Host names as `Host` headers have them: compared in lower case, without port and without the dot of the root. */

const FORM = /^([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::([0-9]+))?$/

/** @returns an empty domain for what is no host name */
export function hostAndPort(host: string): { domain: string; port: string } {
  const match = FORM.exec(host.toLowerCase())
  return { domain: match?.[1]?.replace(/\.$/, '') ?? '', port: match?.[2] ?? '' }
}

/** Whether one of the patterns is `*`, the domain itself, or `.example.org` for it and all below. */
export function allowsHost(patterns: readonly string[], domain: string): boolean {
  return patterns.some((pattern) => {
    const wanted = pattern.toLowerCase()
    if (wanted === '*' || wanted === domain) return true
    return wanted.startsWith('.') && (domain.endsWith(wanted) || domain === wanted.slice(1))
  })
}
