// An app that loads `pg` in the way its argument says, asks something, and prints the phases that somebody saw begin.
import { createRequire } from 'node:module'
import type Pg from 'pg'
import { watchDatabases } from '../../src/database/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import { recorder } from '../recorder.ts'

const require = createRequire(import.meta.url)
const ways: Record<string, () => Promise<typeof Pg>> = {
  'import after watching': async () => (watchDatabases(), (await import('pg')).default),
  'require after watching': async () => (watchDatabases(), require('pg') as typeof Pg),
  'import before watching': async () => {
    const { default: pg } = await import('pg')
    watchDatabases()
    return pg
  },
}

const way = ways[process.argv[2] as string] as (typeof ways)[string]
const pg = await way()
const seen = recorder()
const pool = new pg.Pool({ host: '127.0.0.1', port: 1 })
const client = new pg.Client({ host: '127.0.0.1', port: 1 })
const asked = (): Promise<unknown> => {
  client.query('SELECT 2').catch(() => {})
  return pool.query('SELECT 1').catch(() => {})
}
await observer.run(observer.open(label('view', 'view')), asked, undefined)
console.log(
  seen
    .phases()
    .map(({ id }) => id)
    .join(' '),
)
process.exit()
