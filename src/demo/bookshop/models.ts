import { watchModel } from '../../database/model.ts'
import type { Database, Row } from './database.ts'

/** What the bookshop knows, each method a `model` phase. */
export interface Models {
  readonly Book: BookRepository
  readonly Author: AuthorRepository
  readonly Note: NoteRepository
}

export function models(database: Database): Models {
  return {
    Book: watchModel('Book', new BookRepository(database)),
    Author: watchModel('Author', new AuthorRepository(database)),
    Note: watchModel('Note', new NoteRepository(database)),
  }
}

const BOOK =
  'SELECT book.id, book.title, book.year, book.about, author.name AS author FROM book JOIN author ON author.id = book.author'

class BookRepository {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  list(): Promise<readonly Row[]> {
    return this.#database.query(`${BOOK} ORDER BY book.title`)
  }

  async find(id: number): Promise<Row | undefined> {
    return (await this.#database.query(`${BOOK} WHERE book.id = $1`, id))[0]
  }

  by(author: number): Promise<readonly Row[]> {
    return this.#database.query('SELECT id, title, year FROM book WHERE author = $1 ORDER BY year', author)
  }
}

class AuthorRepository {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  list(): Promise<readonly Row[]> {
    return this.#database.query('SELECT id, name FROM author ORDER BY name')
  }
}

class NoteRepository {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  about(book: number): Promise<readonly Row[]> {
    return this.#database.query('SELECT reader, text FROM note WHERE book = $1 LIMIT 20', book)
  }

  async add(book: number, reader: string, text: string): Promise<void> {
    await this.#database.query('INSERT INTO note (book, reader, text) VALUES ($1, $2, $3)', book, reader, text)
  }
}
