import { randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { rotateCsrf } from './middleware/csrf.ts'
import type { HttpRequest } from './request.ts'
import { HttpResponseRedirect } from './response.ts'
import { same } from './signing.ts'
import type { View } from './view.ts'

/** Who asks. */
export interface User {
  /** What the session keeps. */
  readonly id: string | number
  readonly isAuthenticated?: boolean
}

/** Nobody in particular: `request.user` without a login. */
export const ANONYMOUS: User = Object.freeze({ id: '', isAuthenticated: false, username: '' })

export const SESSION_KEY = '_auth_user_id'

/** From now on the visitor is this user, in a session with a new key. */
export function login(request: HttpRequest, user: User): void {
  const { session } = request
  const before = session.get(SESSION_KEY)
  if (before !== undefined && before !== user.id) session.flush()
  session.cycleKey()
  session.set(SESSION_KEY, user.id)
  rotateCsrf(request)
  request.extras.user = user
}

/** Forgets the user and all of the session. */
export function logout(request: HttpRequest): void {
  request.session.flush()
  request.extras.user = ANONYMOUS
}

/** The view for users that are logged in; others are sent to `settings.auth.loginUrl`, which learns where they wanted to go. */
export function loginRequired(view: View): View {
  const guarded: View = (request, kwargs, ...args) => {
    if (isAuthenticated(request.user)) return view(request, kwargs, ...args)
    const { loginUrl } = request.app.settings.auth
    return new HttpResponseRedirect(`${loginUrl}?${new URLSearchParams({ next: request.fullPath() }).toString()}`)
  }
  return Object.assign(Object.defineProperty(guarded, 'name', { value: view.name }), view)
}

/** Whether this is somebody in particular. */
export function isAuthenticated(user: User): boolean {
  return user !== ANONYMOUS && user.isAuthenticated !== false
}

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)
/** OWASP's recommendation for scrypt: 2^17, 8, 1. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 }

/** A password as it may be stored: scrypt with its parameters and salt. */
export async function makePassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, 32, COST)
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`
}

/** Whether the password is the one that was stored. */
export async function checkPassword(password: string, stored: string): Promise<boolean> {
  const [kind, N, r, p, salt, key] = stored.split('$')
  if (kind !== 'scrypt' || salt === undefined || key === undefined) return false
  const derived = await derive(password, Buffer.from(salt, 'base64url'), 32, {
    ...COST,
    N: Number(N),
    r: Number(r),
    p: Number(p),
  })
  return same(derived.toString('base64url'), key)
}
