import { now } from '../model/clock.ts'
import { observer, type Phase } from '../model/observer.ts'
import type { Journey } from './journey.ts'
import type { Method } from './patch.ts'
import type { Response } from './shape.ts'
import { NOTABLE } from './step.ts'

/** The methods that give an answer, and that middlewares wrap to have their say on the way back. */
export const ANSWERING = ['end', 'write', 'writeHead'] as const
export type Answering = (typeof ANSWERING)[number]

/** What the layers of one request have put in the place of one method. */
interface Chain {
  /** The newest, which calls the one before it, and so on to Express's own. */
  call: Method | undefined
  /** The phase of the one that is running, until it calls the one before it. */
  open: Phase | undefined
  /** The phase, of this or another method, inside which that one was called. */
  around: Phase | undefined
  /** Of a `write` that is running: since when, and who is told of it once that is known to be worth telling. */
  since: number
  told: ((from: number, to: number) => void) | undefined
}

export type Chains = Record<Answering, Chain>

/** Of one request: a stream of thousands of writes does not become thousands of phases. */
const MOST = 32

/** Our wrappers: whoever puts one back puts it back as it is. */
const wrappers = new WeakSet<Method>()

/** A layer puts `method` in the place of one that answers. @param own Express's: putting that back ends the chain */
export function override(journey: Journey, name: Answering, method: Method, own: Method): void {
  const chain = (journey.chains ??= newChains())[name]
  const owner = journey.step
  if (method === own) chain.call = undefined
  else if (typeof method !== 'function' || wrappers.has(method) || owner === undefined) chain.call = method
  else chain.call = wrapper(journey, chain, name, method)
}

function newChains(): Chains {
  const chain = (): Chain => ({ call: undefined, open: undefined, around: undefined, since: 0, told: undefined })
  return { end: chain(), write: chain(), writeHead: chain() }
}

/** A layer's method, timed: until it returns or, of `end`, which may go on (a session that is being saved), calls the one before it. */
function wrapper(journey: Journey, chain: Chain, name: Answering, method: Method): Method {
  const { response } = (journey.step as NonNullable<Journey['step']>).known
  let calls = 0
  const begin = (from: number): Phase | undefined =>
    calls++ < MOST ? observer.begin(response, journey.answering ?? caller(journey), from) : undefined
  const notable = (from: number, to: number): void => {
    if (to - from >= NOTABLE) begin(from)?.end(to)
  }
  const timed = function (this: Response, ...args: unknown[]): unknown {
    if (journey.over) return Reflect.apply(method, this, args)
    const from = now()
    reach(journey, chain, from)
    if (name === 'end') journey.answer(from)
    const phase = name === 'write' ? undefined : begin(from)
    const around = journey.answering
    chain.open = journey.answering = phase
    chain.around = around
    if (name === 'write') {
      chain.since = from
      chain.told = notable
    }
    try {
      return phase === undefined ? Reflect.apply(method, this, args) : observer.run(phase, method, this, ...args)
    } catch (error) {
      phase?.fail(error)
      reach(journey, chain, now())
      throw error
    } finally {
      const to = now()
      const inner = journey.returned > from
      if (inner) notable(journey.returned, to)
      else if (name !== 'end') reach(journey, chain, to)
      journey.returned = to
      journey.answering = around
    }
  }
  wrappers.add(timed)
  return timed
}

/** Who calls an answering method before the answer is given: the layer that is running, so that its time is not also that one's. */
function caller(journey: Journey): Phase {
  const { step, answered } = journey
  return !answered && step?.over === false ? step.phase : journey.above()
}

/** The one before is called: the part of the one that was running is over. */
export function reach(journey: Journey, chain: Chain, at: number): void {
  const { told } = chain
  if (told !== undefined) {
    chain.told = undefined
    told(chain.since, at)
  }
  if (chain.open === undefined) return
  chain.open.end(at)
  if (journey.answering === chain.open) journey.answering = chain.around
  chain.open = undefined
}

/** The response is over. */
export function endChains(journey: Journey, chains: Chains, at: number): void {
  for (const name of ANSWERING) reach(journey, chains[name], at)
}
