import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { Context } from '@opentelemetry/api'

/** What carries the current context across asynchronous work. */
export const nodeStorage: AsyncLocalStorage<Context> = new AsyncLocalStorage<Context>()

/**
 * What Node keeps for one asynchronous context: a Map from each AsyncLocalStorage to its store. These are all that Node, and a new
 * Map made of this one, ask of it.
 */
export interface Frame {
  readonly size: number
  has(storage: object): boolean
  get(storage: object): unknown
  disable(storage: object): void
  [Symbol.iterator](): Iterator<[object, unknown]>
}

/** Node's own class of these. A new one is the current one with one entry more. */
export interface Frames {
  new (storage: object, store: unknown): Frame
  current(): Frame | undefined
  set(frame: Frame | undefined): void
}

/**
 * Node's class of frames, which it does not export: every AsyncResource holds the frame it was made in. Undefined where Node
 * has none (before 24) or another one than we know: it is tried before it is given out.
 */
export function nodeFrames(): Frames | undefined {
  try {
    const probe = new AsyncLocalStorage<string>()
    return probe.run('outside', () => found(probe))
  } catch {
    return undefined
  }
}

function found(probe: AsyncLocalStorage<string>): Frames | undefined {
  const resource = new AsyncResource('phaseline') as unknown as Record<symbol, Frame | undefined>
  for (const symbol of Object.getOwnPropertySymbols(resource)) {
    const frame = resource[symbol]
    if (typeof frame !== 'object' || typeof frame.get !== 'function' || frame.get(probe) !== 'outside') continue
    const frames = frame.constructor as unknown as Frames
    return frames.current() === frame && works(frames, probe) ? frames : undefined
  }
  return undefined
}

function works(frames: Frames, probe: AsyncLocalStorage<string>): boolean {
  const before = frames.current()
  try {
    frames.set(undefined)
    if (probe.getStore() !== undefined || frames.current() !== undefined) return false
    const [frame, single] = [new frames(probe, 'inside'), new Single(probe)]
    return [frame, single].every((each) => isCurrent(each, frames, probe)) && isInherited(single, frames, probe)
  } finally {
    frames.set(before)
  }
}

/** Like the phases: a frame with one entry that is not of Node's class. */
class Single implements Frame {
  readonly size = 1
  readonly probe: object

  constructor(probe: object) {
    this.probe = probe
  }

  has(storage: object): boolean {
    return storage === this.probe
  }

  get(storage: object): unknown {
    return storage === this.probe ? 'inside' : undefined
  }

  disable(): void {}

  [Symbol.iterator](): Iterator<[object, unknown]> {
    return [[this.probe, 'inside'] as [object, unknown]].values()
  }
}

function isCurrent(frame: Frame, frames: Frames, probe: AsyncLocalStorage<string>): boolean {
  frames.set(frame)
  return frame.size === 1 && frame.has(probe) && probe.getStore() === 'inside' && frames.current() === frame
}

/** Whether what an app stores besides is added to it. */
function isInherited(frame: Frame, frames: Frames, probe: AsyncLocalStorage<string>): boolean {
  const other = new AsyncLocalStorage<string>()
  frames.set(frame)
  const seen = other.run('other', () => [probe.getStore(), other.getStore()])
  return seen[0] === 'inside' && seen[1] === 'other' && probe.getStore() === 'inside' && other.getStore() === undefined
}
