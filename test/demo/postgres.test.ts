import { afterAll, beforeAll, expect, test } from 'vitest'
import { cluster, missing, type Cluster } from '../database/postgres.ts'
import { watchedDemo, type Watched } from './watcher.ts'

if (missing !== undefined && process.env.CI) throw new Error(missing)

let server: Cluster | undefined
let watched: Watched | undefined
beforeAll(async () => {
  if (missing !== undefined) return
  server = await cluster()
  watched = await watchedDemo({ databaseUrl: server.url })
})
afterAll(async () => {
  await watched?.stop()
  await server?.stop()
})

test('with DATABASE_URL the books are in PostgreSQL, and the wait for a connection is apart', async ({ skip }) => {
  if (missing !== undefined) skip(missing)
  const timeline = await watched?.watcher.next(({ name }) => name === 'GET /books/<int:id>/')
  const queries = timeline?.spans.filter(({ phase }) => phase === 'db') ?? []
  expect(queries.map(({ name }) => name)).toEqual(['SELECT book author', 'SELECT note'])
  for (const { attributes } of queries)
    expect(attributes).toMatchObject({ 'db.system.name': 'postgresql', 'db.namespace': 'postgres' })
  const waits = timeline?.spans.filter(({ phase }) => phase === 'db.pool') ?? []
  expect(waits).toHaveLength(2)
  const models = new Set(timeline?.spans.filter(({ phase }) => phase === 'model').map(({ spanId }) => spanId))
  expect([...queries, ...waits].every(({ parentSpanId }) => models.has(String(parentSpanId)))).toBe(true)
})
