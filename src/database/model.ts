import { label, type Label } from '../model/label.ts'
import { phase } from '../model/observer.ts'

// eslint-disable-next-line typescript/no-explicit-any -- any function at all
type Anything = (...args: any[]) => any

/**
 * Makes each call of a repository's methods a `model` phase named `{name}.{method}`, from the call until what it returned has
 * settled: its queries hang under it. Works for plain objects and for classes, private fields included, because methods run
 * on the repository itself; what a method calls on `this` is therefore part of its own phase.
 * @param name what people call it: `Book`
 * @returns a stand-in for the repository, of the same type; the repository itself is left as it is
 *
 *     const books = watchModel('Book', new BookRepository(database))
 *     books.find(7)   // phase "Book.find"
 */
export function watchModel<Repository extends object>(name: string, repository: Repository): Repository {
  const watched = new Map<PropertyKey, { method: Anything; around: Anything }>()
  return new Proxy(repository, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function' || typeof key === 'symbol' || key === 'constructor') return value
      let known = watched.get(key)
      if (known?.method !== value) {
        const method = value as Anything
        watched.set(key, (known = { method, around: around(method, target, label('model', `${name}.${key}`)) }))
      }
      return known.around
    },
  })
}

function around(method: Anything, self: object, called: Label): Anything {
  return (...args) => phase(called, (): unknown => method.apply(self, args))
}

/**
 * The former name of `watchModel`.
 * @deprecated `model` of `phaseline/lifecycle` is something else: a name with a manager, as in Django
 */
export const model: typeof watchModel = watchModel
