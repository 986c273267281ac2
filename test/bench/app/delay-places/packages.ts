import type { RequestHandler } from 'express'
import { page, type Packages, type Place } from './place.ts'

/** Compresses whatever there is, and for that wraps the response's methods. */
export const compressed = ({ compression }: Packages): RequestHandler => compression({ threshold: 0 })

/** express-session over a store that `slow` makes of the one in memory. */
export function sessions(
  { session }: Packages,
  slow: (Store: typeof session.MemoryStore) => typeof session.MemoryStore,
): RequestHandler {
  const Store = slow(session.MemoryStore)
  return session({ secret: 'x', resave: true, saveUninitialized: true, store: new Store() })
}

/** Inside middlewares that people take from the registry. */
export const PACKAGES: readonly Place[] = [
  {
    where: 'express-session: its store, on reading',
    who: 'session process_request',
    put: (app, packages, late) =>
      app
        .use((req, _res, next) => {
          req.headers.cookie = `connect.sid=${encodeURIComponent(`s:1.${SIGNATURE}`)}`
          next()
        })
        .use(
          sessions(
            packages,
            (Store) =>
              class extends Store {
                override get(...[, done]: Parameters<InstanceType<typeof Store>['get']>): void {
                  late.wait(() => done(null, null))
                }
              },
          ),
        )
        .get('/', page),
  },
  {
    where: 'express-session: its store, on saving',
    who: 'session process_response',
    put: (app, packages, late) =>
      app
        .use(
          packages.morgan('tiny', { stream: { write: () => {} } }),
          compressed(packages),
          sessions(
            packages,
            (Store) =>
              class extends Store {
                override set(...args: Parameters<InstanceType<typeof Store>['set']>): void {
                  late.wait(() => super.set(...args))
                }
              },
          ),
        )
        .get('/', page),
  },
  {
    where: 'compression: its filter, when the head is written',
    who: 'compression process_response',
    put: (app, packages, late) =>
      app
        .use(
          packages.compression({ filter: () => (late.burn(), false) }),
          sessions(packages, (Store) => Store),
        )
        .get('/', page),
  },
  {
    where: 'morgan: its stream, on the way in (`immediate`)',
    who: 'logger process_request',
    put: (app, { morgan }, late) => app.use(morgan('tiny', { immediate: true, stream: { write: late.burn } })).get('/', page),
  },
]

/** cookie-signature's of `1` with the secret `x`. */
const SIGNATURE = 'vAkGeqrRBY000llbRVtp4bLlFdS1eAgLT+roVPlGbyY'
