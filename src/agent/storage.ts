import { AsyncLocalStorage } from 'node:async_hooks'
import { context, ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api'

/** What carries the current context across asynchronous work: AsyncLocalStorage has just these two. */
export interface Storage {
  getStore(): Context | undefined
  run<Args extends unknown[], Result>(store: Context, fn: (...args: Args) => Result, ...args: Args): Result
}

/** Our own. */
export const ownStorage: AsyncLocalStorage<Context> & Storage = new AsyncLocalStorage<Context>()

/** That of an OpenTelemetry SDK which the app has started before us. */
export const apiStorage: Storage = {
  getStore: () => context.active(),
  run: (store, fn, ...args) => context.with(store, fn, undefined, ...args),
}

function call<Args extends unknown[], Result>(fn: (...args: Args) => Result, self: unknown, args: Args): Result {
  return Reflect.apply<unknown, Args, Result>(fn, self, args)
}

/** Makes our storage the one that OpenTelemetry's API works with. */
export const contextManager: ContextManager = {
  active: () => ownStorage.getStore() ?? ROOT_CONTEXT,
  with: (store, fn, self, ...args) =>
    self === undefined ? ownStorage.run(store, fn, ...args) : (ownStorage.run(store, call, fn as never, self, args) as never),
  bind(store, target) {
    if (typeof target !== 'function') return target
    const fn = target as unknown as (...args: unknown[]) => unknown
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return ownStorage.run(store, call, fn, this, args)
    }
    Object.defineProperty(bound, 'length', { value: fn.length, configurable: true })
    return bound as unknown as typeof target
  },
  enable() {
    return this
  },
  disable() {
    return this
  },
}
