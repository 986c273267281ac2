import { path, type UrlPattern } from '../../lifecycle/index.ts'
import { views, type Shop } from './views.ts'

/** The bookshop's URL configuration. */
export function urls(shop: Shop): readonly UrlPattern[] {
  const { authorList, bestsellers, bookApi, bookDetail, bookList, bookStars, noteAdd } = views(shop)
  return [
    path('books/', bookList, { name: 'books' }),
    path('books/<int:id>/', bookDetail, { name: 'book' }),
    path('books/<int:id>/stars/', bookStars, { name: 'stars' }),
    path('books/<int:id>/notes/', noteAdd, { name: 'note' }),
    path('authors/', authorList, { name: 'authors' }),
    path('bestsellers/', bestsellers, { name: 'bestsellers' }),
    path('api/books/', bookApi, { name: 'api' }),
  ]
}
