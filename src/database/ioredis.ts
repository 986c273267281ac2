import { now } from '../model/clock.ts'
import { label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { untold } from './channels.ts'
import { patch, type Method } from './patch.ts'
import { sourceFor } from './source.ts'

interface Command {
  /** Of one in a pipeline: its place there. */
  readonly pipelineIndex?: number
  /** It was written, and told of. */
  readonly isTraced?: boolean
}

interface Pipeline {
  readonly redis: { readonly options?: { host?: string; port?: number; path?: string; db?: number } }
  /** It has been executed before: this is another try. */
  readonly nodeifiedPromise?: boolean
}

const WAIT = label('db.pool', 'db pool wait', { 'db.system.name': 'redis' })

/**
 * ioredis 6 tells of its commands itself (`channels.ts`), but one that waits until there is a connection is told of only when it
 * is written, in the context of the connection; and of a pipeline each command is told instead of the whole.
 * @returns a function that stops it
 */
export function watchIoredis(exported: { readonly prototype: object }): () => void {
  const { prototype } = exported
  const undo = [patch(prototype, 'sendCommand', sending)]
  // A connection has `pipeline` too, and its `exec` is that of a transaction without one.
  if (!('pipeline' in prototype)) undo.push(patch(prototype, 'exec', executing))
  return () => undo.forEach((stop) => stop())
}

function sending(original: Method): Method {
  const waiting = new WeakMap<Command, { parent: Phase; since: number }>()
  return function (this: { status?: unknown }, ...args: unknown[]): unknown {
    const command = args[0] as Command
    if (command.pipelineIndex !== undefined) return untold(() => original.apply(this, args) as unknown)
    const asked = waiting.get(command)
    if (asked !== undefined) {
      waiting.delete(command)
      observer.begin(WAIT, asked.parent, asked.since)?.end()
      return observer.run(asked.parent, original, this, ...args) as unknown
    }
    const parent = observer.current()
    const since = now()
    const send = (): unknown => original.apply(this, args) as unknown
    // What is written before the connection is ready is the making of it.
    const answer = this.status === 'ready' ? send() : untold(send)
    if (parent !== undefined && command.isTraced !== true) waiting.set(command, { parent, since })
    return answer
  }
}

function executing(original: Method): Method {
  return function (this: Pipeline, ...args: unknown[]): unknown {
    // The pipeline of a transaction has an `exec` of its own, which tells of it.
    const again = this.nodeifiedPromise === true || Object.hasOwn(this, 'exec')
    const parent = again ? undefined : observer.current()
    const phase = parent === undefined ? undefined : observer.begin(labelOf(this), parent)
    const answer = original.apply(this, args) as unknown
    if (phase !== undefined)
      void (answer as Promise<unknown>).then(
        () => phase.end(),
        (error: unknown) => (phase.fail(error), phase.end()),
      )
    return answer
  }
}

function labelOf({ redis }: Pipeline): ReturnType<ReturnType<typeof sourceFor>['command']> {
  const { host, port, path, db = 0 } = redis.options ?? {}
  return sourceFor({ system: 'redis', namespace: String(db), address: path ?? host, port }).command('PIPELINE')
}
