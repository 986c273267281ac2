// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 waits for them, and in Express 4 these do not fail
import { DatabaseSync } from 'node:sqlite'
import { KNOWN, type Place } from './place.ts'

/** Queries of a handler, and the wait for a connection to make one. */
export const DATABASE: readonly Place[] = [
  {
    where: 'query of `node:sqlite`',
    who: 'SELECT',
    put(app, _, late) {
      const database = new DatabaseSync(':memory:')
      database.function('late', () => (late.burn(), 1))
      app.get('/', (_req, res) => void res.json(database.prepare('SELECT late()').get()))
    },
  },
  {
    where: 'query of `pg` (the server’s own clock says how late)',
    who: 'SELECT',
    put(app, { pg }, late, { postgres }) {
      const pool = new pg.Pool({ connectionString: postgres })
      const clock = 'extract(epoch from clock_timestamp())'
      app.get('/', async (_req, res) => {
        const { rows } = await pool.query<{ a: string; b: string }>(
          `SELECT ${clock} AS a, pg_sleep(${KNOWN / 1_000}), ${clock} AS b`,
        )
        late.was((Number(rows[0]?.b) - Number(rows[0]?.a)) * 1_000)
        res.send('x')
      })
    },
  },
  {
    where: 'wait for a connection of `pg.Pool`',
    who: 'db pool wait',
    put(app, { pg }, late, { postgres }) {
      const pool = new pg.Pool({ connectionString: postgres, max: 1 })
      app.get('/', async (_req, res) => {
        const held = await pool.connect()
        const asked = pool.query('SELECT 1')
        late.wait(() => held.release())
        await asked
        res.send('x')
      })
    },
  },
]
