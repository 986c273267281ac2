import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDemo, type Demo } from '../../src/demo/demo.ts'
import { cluster, missing, type Cluster } from '../database/postgres.ts'
import { watch, type Watcher } from './watcher.ts'

if (missing !== undefined && process.env.CI) throw new Error(missing)

let server: Cluster | undefined
let demo: Demo | undefined
let watcher: Watcher | undefined
beforeAll(async () => {
  if (missing !== undefined) return
  server = await cluster()
  demo = await startDemo({ port: 0, otlpPort: 0, shopPort: 0, databaseUrl: server.url })
  watcher = await watch(demo.page)
})
afterAll(async () => {
  watcher?.close()
  await demo?.stop()
  await server?.stop()
})

test('with DATABASE_URL the books are in PostgreSQL, and the wait for a connection is apart', async ({ skip }) => {
  if (missing !== undefined) skip(missing)
  const timeline = await watcher?.next(({ name }) => name === 'GET /books/<int:id>/')
  const queries = timeline?.spans.filter(({ phase }) => phase === 'db') ?? []
  expect(queries.map(({ name }) => name)).toEqual(['SELECT book author', 'SELECT note'])
  for (const { attributes } of queries)
    expect(attributes).toMatchObject({ 'db.system.name': 'postgresql', 'db.namespace': 'postgres' })
  const waits = timeline?.spans.filter(({ phase }) => phase === 'db.pool') ?? []
  expect(waits).toHaveLength(2)
  const models = new Set(timeline?.spans.filter(({ phase }) => phase === 'model').map(({ spanId }) => spanId))
  expect([...queries, ...waits].every(({ parentSpanId }) => models.has(String(parentSpanId)))).toBe(true)
})
