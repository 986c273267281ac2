import { likeness } from '../model/likeness.ts'

// eslint-disable-next-line typescript/no-explicit-any -- a method of Express, whatever it takes
export type Method = (this: any, ...args: any[]) => any

const undo: (() => void)[] = []
let watched = new WeakSet<object>()

/** Puts `wrap(original)` in a method's place, with its name and length. Does nothing where there is no such method of its own. */
export function patch(target: object, name: string, wrap: (original: Method) => Method): void {
  const original = Object.getOwnPropertyDescriptor(target, name)
  if (typeof original?.value !== 'function') return
  const wrapped = likeness(wrap(original.value as Method), original.value as Method)
  replace(target, name, { ...original, value: wrapped })
}

/** Defines a property until `unpatch`. */
export function replace(target: object, name: string, descriptor: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { ...descriptor, configurable: true })
  undo.push(() => {
    if (before === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, before)
  })
}

/** Takes everything back, the last first. */
export function unpatch(): void {
  for (const each of undo.splice(0).toReversed()) each()
  watched = new WeakSet()
}

/** Calls `watch` for each prototype once, until `unpatch`. */
export function once(prototype: object, watch: (prototype: object) => void): void {
  if (watched.has(prototype)) return
  watched.add(prototype)
  watch(prototype)
}
