import { BEFORE } from './delay-places/before.ts'
import { CLIENT } from './delay-places/client.ts'
import { DATABASE } from './delay-places/database.ts'
import { HANDLERS } from './delay-places/handler.ts'
import { MIDDLEWARE } from './delay-places/middleware.ts'
import { PACKAGES } from './delay-places/packages.ts'
import type { Place } from './delay-places/place.ts'
import { PROXY } from './delay-places/proxy.ts'

/** What middlewares, routes and handlers do: depends on Express. */
export const IN_EXPRESS: readonly Place[] = [...MIDDLEWARE, ...PACKAGES, ...HANDLERS]

/** What depends on no Express: what a handler calls, and what is before the app. */
export const ELSEWHERE: readonly Place[] = [...BEFORE, ...DATABASE, ...CLIENT, ...PROXY]
