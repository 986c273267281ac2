import type { App } from '../app.ts'
import { ANONYMOUS, SESSION_KEY } from '../auth.ts'
import { ImproperlyConfigured } from '../errors.ts'
import { andThen, type Maybe } from '../maybe.ts'
import type { GetResponse, Hooks } from '../middleware.ts'
import type { HttpRequest } from '../request.ts'

/** `request.user`: whoever the session says, loaded by `settings.auth.loadUser`; else `ANONYMOUS`. Asks nobody for visitors without a login. */
export class AuthenticationMiddleware implements Hooks {
  readonly #app: App

  constructor(_getResponse: GetResponse, app: App) {
    this.#app = app
  }

  processRequest(request: HttpRequest): Maybe<undefined> {
    const { session } = request.extras
    if (session === undefined) throw new ImproperlyConfigured('AuthenticationMiddleware needs SessionMiddleware before it')
    request.extras.user = ANONYMOUS
    const id = session.get(SESSION_KEY) as string | number | undefined
    if (id === undefined) return undefined
    return andThen(this.#app.settings.auth.loadUser(id, request), (user) => {
      if (user !== undefined && user !== null) request.extras.user = user
      return undefined
    })
  }
}
