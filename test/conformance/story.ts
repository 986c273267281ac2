import type { Maybe } from '../../src/lifecycle/index.ts'
import { typeOf } from './exceptions.ts'
import type { Event, Out, Result } from './format.d.ts'

/** What happens while a scenario is played. */
export interface Story {
  events: Event[]
  log: Result['log']
  /** Which request is being served, from 0. */
  index: number
  /** In the asynchronous playing every hook, view, receiver, … gives a promise; else none does. */
  maybeLater<T>(call: () => Maybe<T>): Maybe<T>
}

export function story(later: boolean): Story {
  const soon = async <T>(call: () => Maybe<T>): Promise<T> => {
    await Promise.resolve()
    return call()
  }
  return { events: [], log: [], index: 0, maybeLater: (call) => (later ? soon(call) : call()) }
}

type Begun<E = Event> = E extends { out?: Out } ? Omit<E, 'out'> : E

/** Notes an event where it begins, and its outcome when what `call` gives has settled. */
export function record<T>(story: Story, begun: Begun, call: () => T, judge: (given: unknown) => Out): T {
  const event = { ...begun } as Event & { out?: Out }
  story.events.push(event)
  const fails = (error: unknown): never => {
    event.out = `raise:${typeOf(error)}`
    throw error
  }
  try {
    const given = call()
    if (given instanceof Promise) return given.then((value: unknown) => ((event.out = judge(value)), value), fails) as T
    event.out = judge(given)
    return given
  } catch (error) {
    return fails(error)
  }
}
