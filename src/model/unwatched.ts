/**
 * A mark for what Phaseline itself makes and reports on its own: a server whose requests get no `gateway` from the general
 * watcher (the embedded proxy, the viewer's), a `node:http` agent whose requests get no `client`. Registered by name, so that
 * it holds across several copies of the package in one process.
 */
const UNWATCHED = Symbol.for('phaseline.unwatched')

interface Marked {
  [UNWATCHED]?: boolean
}

/** Marks a server or an agent, and gives it back. */
export function unwatched<Thing extends object>(thing: Thing): Thing {
  ;(thing as Marked)[UNWATCHED] = true
  return thing
}

/** Whether it is marked; false for anything that is no object (`agent: false`). */
export function isUnwatched(thing: unknown): boolean {
  return typeof thing === 'object' && thing !== null && (thing as Marked)[UNWATCHED] === true
}
