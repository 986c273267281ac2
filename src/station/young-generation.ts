import { setFlagsFromString } from 'node:v8'

/**
 * From now on new objects get all the room that the engine has for them as soon as they need more, not twice as much each time. As long
 * as there is little room, half of what a batch of traces is made of is still in use when it is full: all of it is moved, and the engine
 * comes to believe that such objects live long and makes them among the old ones for ever after. Measured: 6 to 10 % of what a span
 * costs. The most room that there is stays as it was, 16 MiB twice unless Node was told otherwise. Of the whole process: for who owns it,
 * before all else is loaded (after it, half as much was gained).
 */
export function growAtOnce(): void {
  setFlagsFromString('--semi-space-growth-factor=16')
}
