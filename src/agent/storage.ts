import { context, ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api'
import { nodeFrames, nodeStorage, type Frame, type Frames } from './frames.ts'
import { AgentPhase } from './phase.ts'

/** What carries the current context across asynchronous work: AsyncLocalStorage has just these two. */
export interface Storage {
  getStore(): Context | undefined
  run<Args extends unknown[], Result>(store: Context, fn: (...args: Args) => Result, ...args: Args): Result
}

/**
 * Node's, entered without the two copies of a Map that `run` of Node 26 makes (one to go in, one to come out): where nobody else
 * stores anything, a phase is the frame itself, and nothing is made at all.
 */
class FrameStorage implements Storage {
  private readonly frames: Frames

  constructor(frames: Frames) {
    this.frames = frames
  }

  getStore(): Context | undefined {
    return this.frames.current()?.get(nodeStorage) as Context | undefined
  }

  run<Args extends unknown[], Result>(store: Context, fn: (...args: Args) => Result, ...args: Args): Result {
    const { frames } = this
    const before = frames.current()
    let inside: Frame | undefined
    try {
      const alone = before === undefined || (before.size === 1 && before.has(nodeStorage))
      if (alone && store instanceof AgentPhase) inside = store
      else inside = this.made(alone, store)
      frames.set(inside)
      return fn(...args)
    } finally {
      if (frames.current() === inside) frames.set(before)
      // Somebody entered a store of their own (`enterWith`): that is to stay, as it does after Node's `run`.
      else nodeStorage.enterWith(before?.get(nodeStorage) as Context)
    }
  }

  private made(alone: boolean, store: Context): Frame {
    const { frames } = this
    // Nothing to be copied where there is but our own store.
    if (alone) frames.set(undefined)
    return new frames(nodeStorage, store)
  }
}

const frames = nodeFrames()

/** Ours. */
export const ownStorage: Storage = frames === undefined ? nodeStorage : new FrameStorage(frames)

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
