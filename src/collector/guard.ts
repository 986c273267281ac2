import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Refusal } from './refusal.ts'

/** Who may send. */
export interface Access {
  /** Asked of every request as `Authorization: Bearer …`; none by default. */
  readonly token?: string
  /** Web pages that may send (`https://shop.example`), or `*` for all; none by default. */
  readonly origins?: readonly string[]
  /** Names besides `localhost` and addresses that a Host header may have. `*` turns the check off. */
  readonly hosts?: readonly string[]
}

/**
 * A name in Host that is not ours means that a web page had its own name point here (DNS rebinding): addresses and `localhost` cannot
 * be used so.
 */
export function checkHost(given: string | undefined, access: Access): void {
  if (given === undefined || access.hosts?.includes('*')) return
  const name = given
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || isAllowed(name, access)) return
  throw new Refusal(403, `the Host ${name.slice(0, 100)} is not served here; allow it in \`hosts\` if it should be`)
}

const isAllowed = (name: string, { hosts = [] }: Access): boolean => hosts.some((host) => host.toLowerCase() === name)

export function checkToken(authorization: string | undefined, access: Access): void {
  if (access.token === undefined) return
  const expected = Buffer.from(`Bearer ${access.token}`)
  const given = Buffer.from(authorization ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Refusal(401, 'a bearer token is needed')
}

/** The headers that let a web page's script see the answer; none if its origin is not on the list. */
export function corsHeaders(request: IncomingMessage, access: Access): Record<string, string> {
  const { origin } = request.headers
  if (origin === undefined || !(access.origins?.includes(origin) || access.origins?.includes('*'))) return {}
  return { 'access-control-allow-origin': origin, vary: 'Origin' }
}

/** The answer to a browser that asks before it sends. */
export const PREFLIGHT: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'authorization, content-encoding, content-type',
  'access-control-max-age': '7200',
}
