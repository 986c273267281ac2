/** A request of the demo's traffic. */
export interface Visit {
  readonly path: string
  /** On the connection that is kept. */
  readonly reused: boolean
  /** Sent after the page was fetched, with its CSRF token. */
  readonly form?: Readonly<Record<string, string>>
}

/** A walk through the shop, repeated for ever: pages, an API, a form, static files, and what goes wrong. */
export const VISITS: readonly Visit[] = [
  { path: '/books/', reused: false },
  { path: '/static/shop.css', reused: true },
  { path: '/books/3/', reused: false },
  { path: '/books/7/', reused: true },
  { path: '/books/3/stars/', reused: true },
  { path: '/api/books/', reused: false },
  { path: '/authors/', reused: true },
  { path: '/books/5/', reused: false },
  { path: '/books/5/notes/', reused: true, form: { reader: 'Elinor', text: 'I read it twice.' } },
  { path: '/books/2/', reused: true },
  { path: '/bestsellers/', reused: false },
  { path: '/books/1/', reused: false },
  { path: '/books/99/', reused: true },
  { path: '/books/2/stars/', reused: false },
]
