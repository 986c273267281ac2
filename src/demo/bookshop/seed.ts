import type { Parameter } from './database.ts'

/** Tables, in SQL that both databases understand. */
export const SCHEMA: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS author (id integer PRIMARY KEY, name text NOT NULL)',
  `CREATE TABLE IF NOT EXISTS book (id integer PRIMARY KEY, author integer NOT NULL REFERENCES author (id),
     title text NOT NULL, year integer NOT NULL, about text NOT NULL)`,
  'CREATE TABLE IF NOT EXISTS note (book integer NOT NULL REFERENCES book (id), reader text NOT NULL, text text NOT NULL)',
]

const AUTHORS = ['Jane Austen', 'Charlotte Brontë', 'George Eliot', 'Mary Shelley', 'Anne Brontë', 'Elizabeth Gaskell']

const BOOKS: readonly (readonly [author: number, title: string, year: number, about: string])[] = [
  [1, 'Sense and Sensibility', 1811, 'Two sisters, one prudent and one not.'],
  [1, 'Pride and Prejudice', 1813, 'First impressions, and second ones.'],
  [1, 'Emma', 1815, 'A matchmaker who ought not to be one.'],
  [1, 'Persuasion', 1817, 'A second chance, eight years later.'],
  [2, 'Jane Eyre', 1847, 'A governess, a house, and what is in its attic.'],
  [2, 'Villette', 1853, 'A teacher in a foreign town.'],
  [3, 'Middlemarch', 1871, 'A town, and everybody in it.'],
  [3, 'Silas Marner', 1861, 'A weaver, his gold, and a child.'],
  [4, 'Frankenstein', 1818, 'A student makes a creature and runs away.'],
  [5, 'Agnes Grey', 1847, 'A governess who is not in a castle.'],
  [6, 'North and South', 1854, 'A mill town, and who is in the right.'],
  [6, 'Cranford', 1853, 'A village in which most people are ladies.'],
]

/** What fills them, a statement and its parameters each. */
export const SEED: readonly (readonly [sql: string, ...parameters: Parameter[]])[] = [
  ...AUTHORS.map((name, at) => ['INSERT INTO author (id, name) VALUES ($1, $2)', at + 1, name] as const),
  ...BOOKS.map(
    (book, at) => ['INSERT INTO book (id, author, title, year, about) VALUES ($1, $2, $3, $4, $5)', at + 1, ...book] as const,
  ),
  ['INSERT INTO note (book, reader, text) VALUES ($1, $2, $3)', 3, 'Harriet', 'I liked it, and then I did not, and then I did.'],
  ['INSERT INTO note (book, reader, text) VALUES ($1, $2, $3)', 3, 'George', 'She should have listened.'],
]
