import { isIP } from 'node:net'

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
