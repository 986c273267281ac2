// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 waits for them, and in Express 4 these do not fail
import { get } from 'node:http'
import { ask, twoParts } from './ask.ts'
import type { Place } from './place.ts'

/** Phaseline's own proxy, in this process before the slow server: its address comes with the request. */
function proxied(): readonly Place[] {
  const place = (where: string, who: string, path: string): Place => ({
    where: `proxy: ${where}`,
    who,
    put: (app, _, late) =>
      app.get('/', async (req, res) => {
        const port = Number(req.headers['x-proxy'])
        await ask(path === '/body-in' ? twoParts(late) : get, { port, path, agent: false })
        res.send('x')
      }),
  })
  return [
    place('the client’s body, until it has all of it', 'proxy receive', '/body-in'),
    place('the app’s head', 'proxy wait', '/head'),
    place('the app’s body', 'proxy respond', '/body'),
  ]
}

export const PROXY: readonly Place[] = proxied()
