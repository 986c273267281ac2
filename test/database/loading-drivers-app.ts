// An app that loads drivers without a server, in the way its argument says, and prints which of their methods are watched.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { watchDatabases } from '../../src/database/watch.ts'

const require = createRequire(import.meta.url)
const DRIVERS = ['mysql2/promise', 'ioredis', 'mongodb']
const importAll = async (): Promise<void> => {
  for (const driver of DRIVERS) await import(driver)
}
const ways: Record<string, () => Promise<void> | void> = {
  'import after watching': async () => (watchDatabases(), await importAll()),
  'require after watching': () => (watchDatabases(), DRIVERS.forEach((driver) => void require(driver))),
  'import before watching': async () => (await importAll(), void watchDatabases()),
}
await ways[process.argv[2] as string]?.()

type Class = { prototype: Record<string, () => void> }
const part = (driver: string, file: string): Record<string, Class> & Class =>
  require(join(dirname(require.resolve(`${driver}/package.json`)), file)) as Record<string, Class> & Class
const METHODS: [string, Class | undefined, string][] = [
  ['mysql2 pool', part('mysql2', 'lib/base/pool.js'), 'getConnection'],
  ['mysql2 connection', part('mysql2', 'lib/base/connection.js'), 'query'],
  ['ioredis', part('ioredis', 'built/Redis.js')['default'], 'sendCommand'],
  ['ioredis pipeline', part('ioredis', 'built/Pipeline.js')['default'], 'exec'],
  ['mongodb connection', part('mongodb', 'lib/cmap/connection.js')['Connection'], 'command'],
  ['mongodb pool', part('mongodb', 'lib/cmap/connection_pool.js')['ConnectionPool'], 'checkOut'],
]
const watched = METHODS.filter(([, found, method]) => /observer|original/.test(String(found?.prototype[method])))
console.log(watched.map(([name]) => name).join(', '))
process.exit()
