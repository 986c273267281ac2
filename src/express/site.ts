import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getCallSites, type CallSiteObject } from 'node:util'
import { patch, type Method } from './patch.ts'
import { aboutOf, type Layer, type Path, type Registered, type Route, type Router } from './shape.ts'

/** Express and router call each other to register, and others who trace come in between: their own lines say nothing. */
const EXPRESS =
  /[\\/]node_modules[\\/](?:(?:express|router)[^\\/]*|@opentelemetry[\\/]instrumentation[^\\/]*|@sentry[\\/][^\\/]+|dd-trace|elastic-apm-node|newrelic)[\\/]/
const OURS = import.meta.dirname + sep
/** `app.get` → `route.get`, `app.use` → `forEach` → `router.use`, and as many of others who trace. Measured: 5 µs a call. */
const FRAMES = 14

/** Where Express's methods that register call each other: in a bundle, their file is the app's. */
const own = new Set<string>()

const at = ({ scriptName, lineNumber, columnNumber }: CallSiteObject): string => `${scriptName}:${lineNumber}:${columnNumber}`

const fileOf = (scriptName: string): string => (scriptName.startsWith('file:') ? fileURLToPath(scriptName) : scriptName)

/** Learns where the methods of an app or a router call each other, from calling them on a stand-in. */
export function learnOwnCalls(appOrRouter: object): void {
  const called = (): void => {
    const sites = getCallSites(FRAMES).slice(1)
    const end = sites.findIndex(({ scriptName }) => fileOf(scriptName).startsWith(OURS))
    for (const site of sites.slice(0, Math.max(end, 0))) own.add(at(site))
  }
  const route = new Proxy({}, { get: () => called })
  const router = { use: called, route: () => route }
  const standIn = { ...router, stack: [], router, _router: router, lazyrouter: () => {} }
  const inner = Object.assign(() => {}, { handle: () => {}, set: () => {}, emit: () => {} })
  for (const name of ['use', 'get', 'all']) {
    for (const handler of [() => {}, inner]) {
      try {
        Reflect.apply(Reflect.get(appOrRouter, name) as Method, standIn, ['/', handler])
      } catch {
        // An app of another make: lines of its own are taken for the app's.
      }
    }
  }
}

/** The line of the app that is registering a layer just now; none for the two that Express 4 puts before all others. */
function callSite(path: Path | undefined): Registered {
  for (const site of getCallSites(FRAMES)) {
    const { scriptName, lineNumber, functionName } = site
    if (functionName.endsWith('lazyrouter')) break
    const file = fileOf(scriptName)
    if (file === '' || file.startsWith('node:') || file.startsWith(OURS) || EXPRESS.test(file) || own.has(at(site))) continue
    return { path, file, line: lineNumber }
  }
  return { path, file: undefined, line: undefined }
}

/** The same; a path that no file has (an odd loader's) is no reason to fail. */
function placed(path: Path | undefined): Registered {
  try {
    return callSite(path)
  } catch {
    return { path, file: undefined, line: undefined }
  }
}

/** The path given to `use`, as router itself tells it: the first argument, unless that is, or holds, a function. */
function mountPath([first]: readonly unknown[]): Path {
  let inner = first
  while (Array.isArray(inner) && inner.length > 0) inner = inner[0] as unknown
  return typeof inner === 'function' ? '/' : (first as Path)
}

/** Wraps a method that registers layers: those that it adds to `stack` learn where that was. */
function registering(stackOf: (self: never) => Layer[], pathOf: (args: readonly unknown[]) => Path | undefined) {
  return (original: Method): Method =>
    function (this: never, ...args: unknown[]): unknown {
      const before = stackOf(this).length
      const result: unknown = Reflect.apply(original, this, args)
      const stack = stackOf(this)
      if (stack.length > before) {
        const site = placed(pathOf(args))
        const handlers = handlersIn(args, stack.length - before)
        for (const [i, layer] of stack.slice(before).entries()) aboutOf(layer).registered ??= { ...site, handler: handlers?.[i] }
      }
      return result
    }
}

/** The functions among the arguments, each of which has become a layer; undefined if they are not as many. */
function handlersIn(args: readonly unknown[], count: number): unknown[] | undefined {
  const handlers = args.flat(Infinity).filter((each) => typeof each === 'function')
  return handlers.length === count ? handlers : undefined
}

/** Those of a router's layers that `use` was given just now learn where that was. @param args of that call */
export function placeLayers(router: Router, args: readonly unknown[]): void {
  const given = new Set(args.flat(Infinity))
  const site = placed(mountPath(args))
  for (const layer of router.stack) if (given.has(layer.handle)) aboutOf(layer).registered ??= site
}

/** From now on the layers of all routers of this kind know where they were registered. */
export function watchRegistration(router: object): void {
  patch(
    router,
    'use',
    registering((self: Router) => self.stack, mountPath),
  )
}

/** The same for the handlers of all routes of this kind. */
export function watchRoutes(route: object): void {
  for (const name of Object.getOwnPropertyNames(route)) {
    if (name === 'constructor' || name === 'dispatch' || name.startsWith('_')) continue
    patch(
      route,
      name,
      registering(
        (self: Route) => self.stack,
        () => undefined,
      ),
    )
  }
}

/** `src/shop.js:12`, from the working directory where the file is in it: what a function without a name is called by. */
export function placeOf(registered: Registered | undefined): string | undefined {
  const { file, line } = registered ?? {}
  if (file === undefined) return undefined
  const inside = relative(process.cwd(), file)
  const short = inside.startsWith('..') ? file.split(sep).slice(-2).join('/') : inside.replaceAll(sep, '/')
  return `${short}:${line}`
}
