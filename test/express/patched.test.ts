import { afterEach, expect, test } from 'vitest'
import { made, unwatch, VERSIONS, WAYS, type App, type ExpressModule } from './load.ts'
import { serve } from './serve.ts'

afterEach(unwatch)

type Handler = (this: unknown, ...args: unknown[]) => unknown

/** What express-async-errors does with the class of the layers: whatever is set as a handler has its rejection passed to `next`. */
function passRejections(express: ExpressModule): void {
  const { stack } = express.Router().use(() => {})
  Object.defineProperty(Object.getPrototypeOf(stack[0]), 'handle', {
    enumerable: true,
    get(this: { own: Handler }) {
      return this.own
    },
    set(this: { own: Handler }, handler: Handler) {
      const newFn: Handler = function (...args) {
        const result = Reflect.apply(handler, this, args)
        if (result instanceof Promise) result.catch((error: unknown) => (args.at(-1) as Handler)(error))
        return result
      }
      this.own = Object.defineProperty(Object.assign(newFn, handler), 'length', { value: handler.length })
    },
  })
}

function register(errors: string[]): (app: App, express: ExpressModule) => void {
  return (app, express) => {
    const router = express.Router()
    router.get('/later', async function later() {
      await Promise.reject(new Error('later'))
    })
    app.use(function first(_req, _res, next) {
      next()
    })
    app.use('/books', router)
    app.use(function answers(error: Error, _req: unknown, res: { end(text: string): void }, _next: unknown) {
      errors.push(error.message)
      res.end(error.message)
    })
    // Where `next` is called once more, the router goes on from where it was.
    app.use(function again(error: Error, _req: unknown, _res: unknown, _next: unknown) {
      errors.push(`${error.message} again`)
    })
  }
}

// Express 5 passes rejections itself: with this, too, it would do so twice, watched or not.
const FOUR = VERSIONS.filter(({ major }) => major === 4).map(({ name, load }) => ({
  name,
  major: 4 as const,
  load() {
    const express = load()
    passRejections(express)
    return express
  },
}))

test.each(FOUR)(
  'where layers of $name set their handlers themselves, an error goes to its handler once, watched or not',
  async (version) => {
    for (const way of ['unwatched', 'zero code', 'wrap after the layers']) {
      const errors: string[] = []
      const make = WAYS.find(({ name }) => name === way)?.make
      const app = make === undefined ? made(version.load(), register(errors)) : make(version, register(errors))
      const served = await serve(app)
      const response = await served.get('/books/later')
      expect([way, response.text, errors]).toEqual([way, 'later', ['later']])
      await served.close()
      unwatch()
    }
  },
)

test.each(FOUR)('its layers are called by the functions of the app, and its routers are routers', async (version) => {
  const served = await serve(WAYS[0]?.make(version, register([])))
  await served.get('/books/later')
  const all = served.record.sentences()
  expect(all).toContainEqual(expect.stringMatching(/> handler > first process_request$/))
  expect(all).toContainEqual(expect.stringMatching(/> handler > resolve > resolve$/))
  expect(all).toContainEqual(expect.stringMatching(/> handler > resolve > view later !Error$/))
  expect(all).toContainEqual(expect.stringMatching(/> handler > answers process_exception$/))
  await served.close()
})
