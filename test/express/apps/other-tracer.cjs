// Does with routers what dd-trace does: each gets a `handle` of its own, over the one of its kind.
const Module = require('node:module')

const { require: original } = Module.prototype
const known = new Map()

Module.prototype.require = function (id) {
  const result = Reflect.apply(original, this, [id])
  if (id !== 'router' && id !== './router') return result
  if (!known.has(result)) known.set(result, watched(result))
  return known.get(result)
}

function watched(Router) {
  const made = function (...args) {
    const router = Reflect.apply(Router, this, args)
    const { handle } = router
    router.handle = function (...request) {
      return Reflect.apply(handle, this, request)
    }
    return router
  }
  made.prototype = Router.prototype
  return Object.setPrototypeOf(made, Router)
}
