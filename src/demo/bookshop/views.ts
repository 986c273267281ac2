import { Http404, JsonResponse, redirect, render, type HttpRequest, type ViewFunction } from '../../lifecycle/index.ts'
import type { Row } from './database.ts'
import type { Models } from './models.ts'

type ViewName = 'bookList' | 'bookDetail' | 'bookApi' | 'bookStars' | 'noteAdd' | 'authorList' | 'bestsellers'
type OfBook = { readonly id: number }

/** What the bookshop's views need beside a request. */
export interface Shop {
  readonly models: Models
  /** Where the reviews listen: another process. */
  readonly reviews: string
}

/** The views, each a function of a request as in any lifecycle app. */
export function views({ models: { Author, Book, Note }, reviews }: Shop): Record<ViewName, ViewFunction> {
  return {
    async bookList(request) {
      return render(request, 'books.html', { title: 'Books', books: await Book.list() })
    },

    async bookDetail(request, { id }: OfBook) {
      const book = await Book.find(id)
      if (book === undefined) throw new Http404(`There is no book ${id}`)
      const seen = lookedAt(request, String(book.title))
      return render(request, 'book.html', { title: book.title, book, seen, notes: await Note.about(id) })
    },

    async bookApi() {
      return new JsonResponse({ books: await Book.list() })
    },

    /** Asks another process: the timeline goes on there. */
    async bookStars(request, { id }: OfBook) {
      const book = await Book.find(id)
      if (book === undefined) throw new Http404(`There is no book ${id}`)
      const answer = await fetch(`${reviews}/stars/${id}`)
      return render(request, 'stars.html', { title: book.title, book, stars: await answer.json() })
    },

    async noteAdd(request, { id }: OfBook) {
      const book = await Book.find(id)
      if (book === undefined) throw new Http404(`There is no book ${id}`)
      if (request.method !== 'POST') return render(request, 'note.html', { title: book.title, book })
      const form = await request.form()
      const said = (name: string, length: number): string => {
        const value = form.get(name)
        return typeof value === 'string' ? value.slice(0, length) : ''
      }
      await Note.add(id, said('reader', 40), said('text', 400))
      request.messages.success('Thank you.')
      return redirect(request, 'book', { args: [id] })
    },

    /** One query for the authors, and one more for each: what an N+1 query is. */
    async authorList(request) {
      const authors: { name: string; books: readonly Row[] }[] = []
      for (const { id, name } of await Author.list()) authors.push({ name: String(name), books: await Book.by(Number(id)) })
      return render(request, 'authors.html', { title: 'Authors', authors })
    },

    /** Wrong on purpose: what a failing view looks like. */
    async bestsellers() {
      const [first] = await Book.by(0)
      return new JsonResponse({ title: (first as Row).title })
    },
  }
}

/** The books that this visitor looked at before, at most five; remembers this one too. */
function lookedAt({ session }: HttpRequest, title: string): string[] {
  const before = ((session.get('seen') ?? []) as string[]).filter((other) => other !== title)
  session.set('seen', [title, ...before].slice(0, 5))
  return before
}
