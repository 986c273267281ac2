import { page, type Place } from './place.ts'

/** Before the app has the request. */
export const BEFORE: readonly Place[] = [
  {
    where: 'busy between a new connection and reading what is on it',
    who: 'accept',
    client: 'disturbing',
    put: (app) => app.get('/', page),
  },
  {
    where: 'queue before the app, as `X-Request-Start` says',
    who: 'queue',
    client: 'queued',
    put: (app) => app.get('/', page),
  },
]
