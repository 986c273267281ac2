import type { Act } from './state.ts'

/** What a key does to a timeline, and what the help says of it. */
const KEYS: Readonly<Record<string, Act>> = {
  ArrowDown: { type: 'step', by: 1 },
  j: { type: 'step', by: 1 },
  ArrowUp: { type: 'step', by: -1 },
  k: { type: 'step', by: -1 },
  PageDown: { type: 'step', by: 20 },
  PageUp: { type: 'step', by: -20 },
  Home: { type: 'first' },
  End: { type: 'last' },
  ArrowLeft: { type: 'out' },
  ArrowRight: { type: 'in' },
  Enter: { type: 'details' },
  Escape: { type: 'escape' },
  '+': { type: 'zoom', factor: 0.6 },
  '=': { type: 'zoom', factor: 0.6 },
  '-': { type: 'zoom', factor: 1 / 0.6 },
  '0': { type: 'reset' },
  a: { type: 'pan', share: -0.15 },
  d: { type: 'pan', share: 0.15 },
  n: { type: 'match', direction: 1 },
  N: { type: 'match', direction: -1 },
  c: { type: 'critical' },
}

/** The act of a key, undefined if it is none of ours. Shift with ← → pans. */
export function actOf(event: {
  key: string
  shiftKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}): Act | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined
  if (event.shiftKey && event.key === 'ArrowLeft') return { type: 'pan', share: -0.15 }
  if (event.shiftKey && event.key === 'ArrowRight') return { type: 'pan', share: 0.15 }
  return Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined
}

/** For the help: keys, and what they do. */
export const KEY_HELP: readonly (readonly [keys: string, does: string])[] = [
  ['↑ ↓ or j k', 'previous, next span'],
  ['→ ←', 'open or first child, close or parent'],
  ['Enter', 'details'],
  ['+ − 0', 'zoom in, out, all'],
  ['a d or ⇧← ⇧→', 'pan'],
  ['/ then n N', 'search, next, previous match'],
  ['c', 'critical path'],
  ['Esc', 'back, one step at a time'],
  ['?', 'this'],
]
