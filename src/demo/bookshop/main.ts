// The bookshop: a lifecycle app in a process of its own. The agent is loaded by `--import`; nothing in here knows of it.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { lifecycle } from '../../lifecycle/index.ts'
import { give, listen, serve } from '../served.ts'
import { openDatabase } from './database.ts'
import { MIDDLEWARE } from './middleware.ts'
import { models } from './models.ts'
import { demoSessions } from './sessions.ts'
import { urls } from './urls.ts'

/** What the switch makes of a session store, in ms for each load and save. */
const SLOW = 60

try {
  const { DATABASE_URL, DEMO_DATABASE = ':memory:', DEMO_REVIEWS = '', DEMO_TEMPLATES = '' } = process.env
  const database = await openDatabase(DATABASE_URL, DEMO_DATABASE)
  const sessions = demoSessions()
  const shop = lifecycle({
    urls: urls({ models: models(database), reviews: DEMO_REVIEWS }),
    middleware: MIDDLEWARE,
    templates: DEMO_TEMPLATES,
    session: { store: sessions },
    secretKey: randomBytes(32).toString('base64url'),
    secureProxySslHeader: ['x-forwarded-proto', 'https'],
    // Its failures are shown on the page; on the terminal they would only be in the way.
    log: () => {},
  })
  const server = createServer(shop)
  serve(await listen(server), {
    control(id, on) {
      if (id === 'slow-session') sessions.delay = on ? SLOW : 0
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await database.close()
    },
  })
} catch (error) {
  give((error as Error).message)
}
