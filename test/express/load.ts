import { createRequire } from 'node:module'
import type Express from 'express'
import { watchExpress } from '../../src/express/watch.ts'
import { wrap } from '../../src/express/wrap.ts'

const require = createRequire(import.meta.url)
export type ExpressModule = typeof Express
export type App = ReturnType<ExpressModule>

export interface Version {
  readonly name: string
  readonly major: 4 | 5
  /** A copy of its own, which nobody has touched. */
  load(): ExpressModule
}

export const VERSIONS: readonly Version[] = [
  { name: 'Express 4.22', major: 4, load: () => fresh('express4') },
  { name: 'Express 5 with router 2.3', major: 5, load: () => fresh('express') },
  { name: 'Express 5 with router 2.2', major: 5, load: () => fresh('express', { router: 'router22' }) },
]

export interface Way {
  readonly name: string
  /** Whether it was there when the layers were registered, so that it can say where. */
  readonly knowsPlaces: boolean
  /** Makes an app: `register` is the author's code, and adds the layers. */
  make(version: Version, register: (app: App, express: ExpressModule) => void): App
}

/** The ways an app comes to be watched. */
export const WAYS: readonly Way[] = [
  {
    name: 'zero code',
    knowsPlaces: true,
    make(version, register) {
      watchExpress()
      return made(version.load(), register)
    },
  },
  {
    name: 'wrap before the layers',
    knowsPlaces: true,
    make: (version, register) => made(version.load(), register, { first: wrap }),
  },
  { name: 'wrap after the layers', knowsPlaces: false, make: (version, register) => wrap(made(version.load(), register)) },
  {
    name: 'wrap before, bundled',
    knowsPlaces: true,
    make(version, register) {
      const express = version.load()
      forget()
      return made(express, register, { first: wrap })
    },
  },
  {
    name: 'wrap after, bundled',
    knowsPlaces: false,
    make(version, register) {
      const express = version.load()
      forget()
      return wrap(made(express, register))
    },
  },
]

/** Takes back what any of the ways has done. */
export function unwatch(): void {
  watchExpress()()
}

export function made(
  express: ExpressModule,
  register: (app: App, express: ExpressModule) => void,
  { first = (app: App): App => app } = {},
): App {
  const app = first(express())
  app.set('env', 'test') // its final handler keeps quiet
  register(app, express)
  return app
}

/** A package as if it had never been loaded, and with it all of Express. @param instead packages that others take the place of */
function fresh(name: string, instead: Record<string, string> = {}): ExpressModule {
  forget()
  for (const [from, to] of Object.entries(instead)) {
    require(to)
    require.cache[require.resolve(from)] = require.cache[require.resolve(to)]
  }
  return require(name) as ExpressModule
}

/** Nobody finds a loaded Express any more, as in an app that was bundled. */
function forget(): void {
  for (const path of Object.keys(require.cache))
    if (/node_modules\/(express4?|router(22)?)\//.test(path)) delete require.cache[path]
}
