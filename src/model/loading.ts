import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'

/** A module that `require` gave somebody, or that was there already. */
export interface Loaded {
  /** What was asked for: a package's name, or a path as the asking file wrote it. */
  readonly id: string
  /** The file that asked; undefined where an `import` did, which gives its path as the id. */
  readonly parentFilename?: string | undefined
  readonly result?: unknown
}

/** Node's own channel (documented under "Modules"); a CommonJS package that is imported comes through it too, and nothing is patched. */
const CHANNEL = 'tracing:module.require:end'

/**
 * Tells of every CommonJS module that is loaded from now on, as it is loaded.
 * @param seen must not throw: a subscriber's error would surface in the app
 */
export function onLoaded(seen: (module: Loaded) => void): () => void {
  const listener = (message: unknown): void => seen(message as Loaded)
  subscribe(CHANNEL, listener)
  return () => void unsubscribe(CHANNEL, listener)
}

/** What the file of a CommonJS module, loaded before, exports. @param ending of the file's path, with slashes */
export function alreadyLoaded(ending: string): unknown[] {
  const cache = createRequire(import.meta.url).cache
  return Object.keys(cache)
    .filter((path) => path.replaceAll('\\', '/').endsWith(ending))
    .map((path) => cache[path]?.exports as unknown)
}
