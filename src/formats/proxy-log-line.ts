import { lineOfHaproxy } from './haproxy-log-line.ts'

/** A line of the log, as `nginxConfiguration` lays it out: nginx's own words, all of them texts. HAProxy's are brought into them. */
export type Line = Readonly<Record<string, string>>

/** One attempt at an upstream server. Times are ns, undefined where it got no further. */
export interface Try {
  readonly address: string
  readonly status: number | undefined
  readonly connect: bigint | undefined
  readonly header: bigint | undefined
  readonly response: bigint
}

/** The fields of a line; undefined for what is no such line. */
export function parse(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text)
    if (typeof line !== 'object' || line === null) return undefined
    if (Object.values(line).some((value) => typeof value !== 'string')) return undefined
    const given = line as Line
    const told = given.proxy === 'haproxy' ? lineOfHaproxy(given) : given
    return isOurs(told) ? told : undefined
  } catch {
    return undefined
  }
}

function isOurs({ phaseline, trace = '', span = '', parent = '' }: Line): boolean {
  return phaseline === '1' && /^[0-9a-f]{32}$/.test(trace) && /^[0-9a-f]{16}$/.test(span) && /^(?:[0-9a-f]{16})?$/.test(parent)
}

/** `1795225669.218` seconds. */
export function nanos(seconds: string | undefined): bigint | undefined {
  const match = /^(\d{1,12})\.(\d{3})$/.exec(seconds ?? '')
  return match === null ? undefined : BigInt(match[1] as string) * 1_000_000_000n + BigInt(match[2] as string) * 1_000_000n
}

export function number(text: string | undefined): number | undefined {
  return /^\d+$/.test(text ?? '') ? Number(text) : undefined
}

/** The attempts of a request: `a, b` for one after the other, `a : b` after an internal redirect; `-` for what was not reached. */
export function triesOf(line: Line): Try[] {
  const listOf = (field: string | undefined): string[] => (field ? field.split(/, | : /) : [])
  const [statuses, connects, headers, responses] = [
    line.upstream_status,
    line.upstream_connect,
    line.upstream_header,
    line.upstream_response,
  ].map(listOf) as [string[], string[], string[], string[]]
  return listOf(line.upstream).map((address, at) => ({
    address,
    status: number(statuses[at]),
    connect: nanos(connects[at]),
    header: nanos(headers[at]),
    response: nanos(responses[at]) ?? 0n,
  }))
}
