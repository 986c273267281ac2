import { executionAsyncResource } from 'node:async_hooks'

/** Held for the life of the process. */
const held: object[] = []

/**
 * Keeps one of the objects that `process.nextTick` makes, and with it their hidden class. If a major collection finds none alive
 * just after the first of them were made, V8 forgets the class while `nextTick` remembers it, and every call is a slow one from
 * then on: 320 ns instead of 50, and a request has seven. Whatever fills the heap while an app starts, as an agent does, brings
 * such a collection about; measured: in half of all processes.
 */
export function keepTickClass(): void {
  if (held.length === 0) process.nextTick(() => held.push(executionAsyncResource()))
}
