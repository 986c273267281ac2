import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const app = join(import.meta.dirname, 'loading-app.ts')

test.each(['import after watching', 'require after watching', 'import before watching'])('pg is found: %s', (way) => {
  expect(execFileSync(process.execPath, [app, way], { encoding: 'utf8' }).trim()).toBe('view db db.pool')
})

const drivers = join(import.meta.dirname, 'loading-drivers-app.ts')

test.each(['import after watching', 'require after watching', 'import before watching'])('so are the others: %s', (way) => {
  expect(execFileSync(process.execPath, [drivers, way], { encoding: 'utf8' }).trim()).toBe(
    'mysql2 pool, mysql2 connection, ioredis, ioredis pipeline, mongodb connection, mongodb pool',
  )
})
