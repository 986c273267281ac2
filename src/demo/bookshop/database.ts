import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PhaselineError } from '../../model/errors.ts'
import { SCHEMA, SEED } from './seed.ts'

export type Row = Readonly<Record<string, string | number | null>>
export type Parameter = string | number

/** What the repositories need of a database: SQLite or PostgreSQL, with `$1` for parameters. */
export interface Database {
  /** What people call it. */
  readonly kind: 'SQLite' | 'PostgreSQL'
  query(sql: string, ...parameters: readonly Parameter[]): Promise<readonly Row[]>
  close(): Promise<void>
}

/** PostgreSQL if a URL says where, else SQLite in a file; with books in it. */
export async function openDatabase(url: string | undefined, file: string): Promise<Database> {
  const database = url === undefined || url === '' ? sqlite(file) : await postgres(url)
  for (const sql of SCHEMA) await database.query(sql)
  const [{ count } = { count: 0 }] = await database.query('SELECT count(*) AS count FROM book')
  if (Number(count) === 0) for (const [sql, ...parameters] of SEED) await database.query(sql, ...parameters)
  return database
}

function sqlite(file: string): Database {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = wal')
  const prepared = new Map<string, StatementSync>()
  return {
    kind: 'SQLite',
    async query(sql, ...parameters) {
      let statement = prepared.get(sql)
      // Parameters come in their order everywhere here, and Node 22 binds unnumbered ones only.
      if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql.replaceAll(/\$\d+/g, '?'))))
      return statement.all(...parameters) as Row[]
    },
    close: async () => database.close(),
  }
}

async function postgres(url: string): Promise<Database> {
  const { default: pg } = await import('pg').catch(() => {
    throw new PhaselineError('DEMO_PG', 'DATABASE_URL says PostgreSQL, but the package "pg" is not installed (npm install pg)')
  })
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  return {
    kind: 'PostgreSQL',
    query: async (sql, ...parameters) => (await pool.query<Row>(sql, [...parameters])).rows,
    close: () => pool.end(),
  }
}
