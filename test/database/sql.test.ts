import fc from 'fast-check'
import { expect, test } from 'vitest'
import { summed } from '../../src/database/sql.ts'

const SUMMARIES: Record<string, string> = {
  'SELECT * FROM book WHERE id = 5': 'SELECT book',
  'select s.* from songs s, artists a where s.artist = a.id': 'SELECT songs artists',
  'SELECT * FROM a JOIN b ON a.id = b.id LEFT JOIN c USING (id) ORDER BY a.x, b.y': 'SELECT a b c',
  'INSERT INTO shipping (order_id) SELECT id FROM orders': 'INSERT shipping SELECT orders',
  'SELECT day FROM (SELECT * FROM orders o JOIN customers c ON o.c = c.id) x': 'SELECT SELECT orders customers',
  'INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2': 'INSERT t',
  'SELECT * FROM t FOR UPDATE': 'SELECT t',
  'UPDATE public."Book" SET a = 1': 'UPDATE public."Book"',
  'DELETE FROM shop.review WHERE id = 1': 'DELETE shop.review',
  'SELECT extract(year FROM day) FROM visit': 'SELECT visit',
  'WITH x AS (SELECT * FROM y) SELECT * FROM x': 'SELECT y SELECT x',
  'SELECT a FROM t UNION SELECT b FROM u': 'SELECT t SELECT u',
  'CREATE TABLE IF NOT EXISTS review (book integer REFERENCES book (id) ON DELETE CASCADE)': 'CREATE TABLE review',
  'CREATE UNIQUE INDEX by_name ON review (name)': 'CREATE INDEX by_name',
  'PRAGMA table_info(book)': 'PRAGMA table_info',
  'BEGIN; DELETE FROM a; COMMIT': 'BEGIN DELETE a COMMIT',
  '/* a hint */ SELECT 1': 'SELECT',
  '': '',
}

test.each(Object.entries(SUMMARIES))('%s is summed up by its operations and their targets', (sql, summary) => {
  expect(summed(sql).summary).toBe(summary)
})

const TEXTS: Record<string, string> = {
  "SELECT * FROM t WHERE a = 5 AND b = 'it''s' AND c = 1.5e-3 AND d = 0xFF":
    'SELECT * FROM t WHERE a = ? AND b = ? AND c = ? AND d = ?',
  'SELECT $$secret$$, $tag$it is $$ secret$tag$': 'SELECT ?, ?',
  "SELECT E'it\\'s secret', 'C:\\', X'53', U&'secret'": 'SELECT ?, ?, ?, ?',
  'SELECT * FROM t1 WHERE a2 IN (1, 2, 3)': 'SELECT * FROM t1 WHERE a2 IN (?)',
  'SELECT * FROM t WHERE a IN ($1, $2) AND b = $3': 'SELECT * FROM t WHERE a IN (?) AND b = $3',
  "INSERT INTO t VALUES (1, 'a'), (2, 'b')": 'INSERT INTO t VALUES (?)',
  'SELECT a::int -- secret\n  FROM\tt /* secret */ WHERE x = :name': 'SELECT a::int FROM t WHERE x = :name',
  "SELECT 'secret that does not end": 'SELECT ?',
  'SELECT /* secret that does not end': 'SELECT',
}

test.each(Object.entries(TEXTS))('%s loses its literals', (sql, text) => {
  expect(summed(sql).text).toBe(text)
})

test('MySQL: a backslash escapes, and double quotes are strings', () => {
  expect(summed(`SELECT "secret", 'it\\'s secret', a FROM \`t u\``, 'mysql')).toEqual({
    text: 'SELECT ?, ?, a FROM `t u`',
    summary: 'SELECT `t u`',
  })
})

test('a very long text is cut, and not in the middle of a literal', () => {
  const { text } = summed(`SELECT '${'secret '.repeat(5_000)}' FROM t`)
  expect(text).toBe('SELECT ? …')
})

test('a summary is never longer than 255 characters and ends with a whole word', () => {
  const { summary } = summed('DELETE FROM some_table_name; '.repeat(100))
  expect(summary.length).toBeLessThanOrEqual(255)
  expect(summary).toMatch(/^(DELETE some_table_name ?)+$/)
})

test('whatever a string literal holds, nothing of it is shown', () => {
  const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(summed(`SELECT * FROM t WHERE a = ${quoted(value)} AND b = 1`).text).toBe('SELECT * FROM t WHERE a = ? AND b = ?')
    }),
  )
})
