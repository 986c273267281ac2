import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

/** What Node keeps for one asynchronous context: a Map from each AsyncLocalStorage to its store. */
export interface Frame {
  readonly size: number
  has(storage: object): boolean
  get(storage: object): unknown
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
    const frame = new frames(probe, 'inside')
    frames.set(frame)
    return frame.size === 1 && frame.has(probe) && probe.getStore() === 'inside' && frames.current() === frame
  } finally {
    frames.set(before)
  }
}
