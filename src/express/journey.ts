import { now } from '../model/clock.ts'
import { gatewayOf, nameRoute } from '../model/gateway.ts'
import { label, type Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { endChains, type Chains } from './chain.ts'
import type { Known, Resolved } from './known.ts'
import { joined, pathname, patternOf } from './pattern.ts'
import { JOURNEY, type Layer, type Request, type Response, type Route, type Router } from './shape.ts'
import { isError, Step } from './step.ts'

const RESOLVE = label('resolve', 'resolve')
/** Mounts are few; where they are not (a guess at one that holds an id), memory stays. */
const MOUNTS = 100

/** A request in one router: what is registered there hangs under `phase`. */
interface Pass {
  readonly phase: Phase | undefined
  /** The pattern of all mounts down to here. */
  readonly mount: string
  /** The same as it was in this request. */
  readonly base: string
  readonly router: Router
  /** The layer that called the router from its own code. */
  readonly host: Step | undefined
  readonly outer: Pass | undefined
}

/** One request on its way through an app. Express runs one layer of a request at a time, so the state is one, too. */
export class Journey {
  private readonly gateway: Phase
  readonly handler: Phase
  /** Whether the router waits for the promises that handlers return. */
  readonly awaits: boolean
  /** Whether the request came with another protocol's connection (a WebSocket, by express-ws): what there is of a response is a dummy. */
  readonly upgraded: boolean
  private pass: Pass
  /** The newest step. */
  step: Step | undefined = undefined
  /** Steps that went on after they had called `next` twice: whatever ends them, they end with the request. */
  private stragglers: Step[] | undefined = undefined
  /** Whether the newest step handed over through us; if not, what comes next tells that it did (a rejection, `req.next`). */
  handed = true
  /** Since when a layer is being looked for. */
  since: number
  /** The layer that `since` is also the beginning of, if it comes now: there is nothing else to be looked at before it. */
  private neighbour: Router | Route | undefined = undefined
  private neighbourIndex = 0
  private resolving: Phase | undefined = undefined
  private param: Phase | undefined = undefined
  /** The last handler of the route that was matched, for the request's method. */
  view: Layer | undefined = undefined
  /** The mounted router that is being entered. */
  mounting: Known | undefined = undefined
  error: unknown = undefined
  answered = false
  /** A part of the body has left before the end. */
  streaming = false
  /** Nothing more is recorded. */
  over = false
  /** When the newest call of an answering method returned. */
  returned = 0
  /** The layer whose function has just returned. */
  gone: Step | undefined = undefined
  /** The layer's method that is answering just now. */
  answering: Phase | undefined = undefined
  chains: Chains | undefined = undefined
  private running = true
  private complete = false
  /** The handler's phase is over, the stream is not. */
  detached = false

  constructor(gateway: Phase, handler: Phase, router: Router, req: Request, at: number, awaits: boolean) {
    this.gateway = gateway
    this.handler = handler
    this.awaits = awaits
    this.upgraded = (req as { upgrade?: boolean }).upgrade === true
    this.since = at
    this.pass = { phase: handler, mount: '', base: req.baseUrl ?? '', router, host: undefined, outer: undefined }
  }

  get router(): Router {
    return this.pass.router
  }

  /** What a phase outside any layer is part of. */
  above(): Phase {
    if (this.over || this.detached) return this.gateway
    return this.answered ? this.handler : (this.pass.phase ?? this.handler)
  }

  /** A layer is called. @param error what an error handler is called with */
  enter(known: Known, label: Label, error?: unknown): Step | undefined {
    if (this.over) return undefined
    const at = known.index === this.neighbourIndex && known.within === this.neighbour ? this.since : now()
    this.neighbour = undefined
    this.handOver(at, error)
    this.stopResolving(at)
    const phase = observer.begin(label, this.pass.phase, at)
    if (phase === undefined) return undefined
    const before = this.step
    if (before !== undefined && !before.over) (this.stragglers ??= []).push(before)
    this.handed = false
    return (this.step = new Step(this, known, phase, error))
  }

  /**
   * What is called next is looked for from here on. The layer right behind begins where this one handed over, which saves
   * reading the clock: between the two is only the look whether its own path matches.
   */
  handsTo(within: Router | Route | undefined, index: number): void {
    this.neighbour = within
    this.neighbourIndex = index
  }

  /** The newest step is over if it did not say so itself. */
  private handOver(at: number, error: unknown): void {
    const { step } = this
    if (this.handed || step === undefined || step.over) return
    if (isError(error)) step.fail(error)
    step.finish(at)
    this.since = at
  }

  /** A route is entered: looking for it is over, its name and its view are known. */
  enterRoute(known: Known, req: Request): void {
    const at = now()
    this.handOver(at, undefined)
    const { route, label } = this.resolved(known, pathname(req.url), req)
    if (this.resolving === undefined) observer.begin(label, this.pass.phase, this.since)?.end(at)
    else this.resolving.relabel(label)
    this.stopResolving(at)
    this.since = at
    this.view = viewOf(known.layer.route as Route, req.method)
    this.handsTo(known.layer.route, 0)
    nameRoute(req, req.method, route)
  }

  private stopResolving(at: number): void {
    if (this.resolving === undefined) return
    this.param?.end(at)
    this.resolving.end(at)
    this.resolving = this.param = undefined
  }

  /** A parameter's handler is called: part of looking for the route. */
  enterParam(label: Label): Phase | undefined {
    const at = now()
    this.handOver(at, undefined)
    this.param?.end(at)
    this.resolving ??= observer.begin(RESOLVE, this.pass.phase, this.since)
    return (this.param = observer.begin(label, this.resolving, at))
  }

  /** A router is entered within this one. @returns what to call with the error when it is left */
  enterRouter(router: Router, req: Request): (error: unknown) => void {
    const at = now()
    const { mounting, step, pass: outer } = this
    const host = mounting === undefined && step?.over === false ? step : undefined
    if (host === undefined) this.handOver(at, undefined)
    this.stopResolving(at)
    const base = req.baseUrl ?? ''
    const via = mounting ?? host?.known
    const resolved = via && this.resolved(via, base.slice(outer.base.length), req)
    const phase = observer.begin(resolved?.label ?? RESOLVE, host?.phase ?? outer.phase, at)
    const pass: Pass = { phase, mount: resolved?.route ?? outer.mount, base, router, host, outer }
    this.mounting = undefined
    this.pass = pass
    this.since = at
    this.handed = true
    return (error) => this.leaveRouter(pass, error)
  }

  leaveRouter(pass: Pass, error: unknown): void {
    if (this.over || this.pass !== pass) return
    const at = now()
    this.left(error, at)
    if (pass.outer === undefined) return
    pass.phase?.end(at)
    this.pass = pass.outer
    this.step = pass.host
    this.handed = pass.host === undefined
    this.since = at
  }

  /** All layers of a router have handed over. */
  left(error: unknown, at: number = now()): void {
    this.handOver(at, error)
    this.stopResolving(at)
    if (isError(error)) this.error = error
  }

  /** What is known of this route or mounted router under the present mount. @param actual its path in this request */
  private resolved(known: Known, actual: string, req: Request): Resolved {
    const { mount } = this.pass
    const pattern = known.pattern ?? patternOf(known.layer, actual, req)
    const key = known.pattern === undefined ? `${mount} ${pattern}` : mount
    let found = known.routes.get(key)
    if (found === undefined) {
      if (known.routes.size >= MOUNTS) known.routes.clear()
      const route = joined(mount, pattern)
      known.routes.set(key, (found = { route, label: known.resolve(route) }))
    }
    return found
  }

  /** The answer is being given: whoever gives it has handed over. */
  answer(at: number): void {
    if (this.answered) return
    this.answered = true
    this.endAll(at)
  }

  /** Ends what is open in the present router and those around it. */
  private endAll(at: number): void {
    this.step?.finish(at)
    this.stopResolving(at)
    for (let { pass } = this; pass.outer !== undefined; pass = pass.outer) {
      pass.host?.finish(at)
      pass.phase?.end(at)
    }
  }

  /** A part of the body leaves before the end: once the layer is over, the stream's life is nobody's time but the response's. */
  stream(): void {
    this.streaming = true
    if (this.step === undefined || this.step.settled) this.streamed(now())
  }

  /** A layer has returned, and what it returned has settled. */
  settled(step: Step): void {
    if (this.streaming || (this.upgraded && !step.over && this.view === step.known.layer)) this.streamed(now())
  }

  streamed(at: number): void {
    if (this.answered) return
    this.answer(at)
    this.detached = true
    this.handler.end(at)
  }

  /** Node has the whole response. What the layers do until the app's call returns is still the handler's. */
  sent(at: number, res: Response): void {
    this.returned = at
    if (this.running) this.complete = true
    else this.finish(at, res)
  }

  /** The call of the app has returned. */
  returnedFromApp(res: Response): void {
    this.running = false
    if (this.complete) {
      const at = now()
      this.gone?.cameBack(at)
      this.finish(at, res)
      return
    }
    this.gone?.cameBack(now())
    if (this.upgraded) res.req.socket.once('close', () => this.finish(now(), res))
    else res.prependListener('close', closed) // before whoever ends the gateway's phase
  }

  finish(at: number, res: Response): void {
    if (this.over) return
    this.answered = this.over = true
    this.endAll(at)
    if (this.stragglers !== undefined) for (const step of this.stragglers) step.finish(at)
    if (this.chains !== undefined) endChains(this, this.chains, at)
    this.handler.end(at)
    if (this.error !== undefined && res.statusCode >= 500) gatewayOf(res.req)?.fail(this.error)
  }
}

/** Gone without an answer, or after one that was still in some layer's hands. */
function closed(this: Response): void {
  this.req[JOURNEY]?.finish(now(), this)
}

/** The last handler of a route for this method, else the last for every method (`all`): its view. The others are its middlewares. */
function viewOf({ stack, methods }: Route, method: string): Layer | undefined {
  let wanted = method.toLowerCase()
  if (wanted === 'head' && methods['head'] !== true) wanted = 'get'
  let common: Layer | undefined
  for (let i = stack.length - 1; i >= 0; i--) {
    const layer = stack[i] as Layer
    if (layer.handle.length > 3) continue
    if (layer.method === wanted) return layer
    if (layer.method === undefined) common ??= layer
  }
  return common
}
