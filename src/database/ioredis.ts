import { now } from '../model/clock.ts'
import { label, type Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { patch, type Method } from './patch.ts'
import { sourceFor } from './source.ts'
import { statusOf } from './status.ts'

/** What settles the promise that the caller has. */
interface Settled {
  resolve: Method
  reject: Method
}

interface Command extends Settled {
  readonly name: string
  /** Of one in a pipeline: its place there. */
  readonly pipelineIndex?: number
}

interface Options {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly db?: number
}

interface Client {
  readonly status?: unknown
  readonly options?: Options
  /** Which database is selected by now. */
  readonly condition?: { readonly select?: number } | null
  /** Commands that wait for a connection. */
  readonly offlineQueue?: { readonly length: number } | null
}

interface Pipeline extends Settled {
  readonly redis: Client
  /** Transactions whose EXEC is still to be queued. */
  readonly _transactions?: number
}

const WAIT = label('db.pool', 'db pool wait', { 'db.system.name': 'redis' })

/**
 * Watches the commands of ioredis 5 and later, and its pipelines and transactions, each as a whole. ioredis 6 (and late ones of 5)
 * tells of commands on channels, but for those who listen there it changes what the app sees: a rejection that nobody handles is no
 * longer said, since it is handled for the listeners' sake, and answers come in another order. So what settles the caller's
 * promise is watched instead.
 * @returns a function that stops it
 */
export function watchIoredis(exported: { readonly prototype: object }): () => void {
  const { prototype } = exported
  const undo = [patch(prototype, 'sendCommand', sending)]
  // A connection has `pipeline` too, and its `exec` is that of a transaction without one.
  if (!('pipeline' in prototype)) undo.push(patch(prototype, 'exec', executing))
  return () => undo.forEach((stop) => stop())
}

/** What is known of a command: who asked, and since when it waits for a connection, or its phase, once it is written. */
interface Asked {
  readonly parent: Phase
  waiting: number | undefined
  phase: Phase | undefined
}

function sending(original: Method): Method {
  const known = new WeakMap<Command, Asked>()
  return function (this: Client, ...args: unknown[]): unknown {
    const command = args[0] as Command
    const asked = known.get(command)
    const parent = asked?.parent ?? observer.current()
    if (parent === undefined || command.pipelineIndex !== undefined) return original.apply(this, args) as unknown
    if (asked !== undefined) return again(original, this, args, asked)
    const since = now()
    const begun: Asked = { parent, waiting: undefined, phase: undefined }
    if (this.status === 'ready' || this.status === 'end') {
      known.set(command, begun)
      telling(command, ...heard(begun))
      begun.phase = observer.begin(labelOf(this, command.name.toUpperCase()), parent, since)
      return original.apply(this, args) as unknown
    }
    const before = this.offlineQueue?.length
    const answer = original.apply(this, args) as unknown
    // What is written before the connection is ready is the making of it.
    if (this.offlineQueue?.length === before) return answer
    known.set(command, begun)
    telling(command, ...heard(begun))
    begun.waiting = since
    return answer
  }
}

/** It had to wait for a connection, or is sent once more: that of the first time was lost, or another node of a cluster has the key. */
function again(original: Method, client: Client, args: unknown[], asked: Asked): unknown {
  const { parent, waiting } = asked
  if (waiting !== undefined) observer.begin(WAIT, parent, waiting)?.end()
  asked.waiting = undefined
  asked.phase ??= observer.begin(labelOf(client, (args[0] as Command).name.toUpperCase()), parent)
  return observer.run(parent, original, client, ...args) as unknown
}

type Heard = [answered: (value: unknown) => void, refused: (error: unknown) => void]

function heard(asked: Asked): Heard {
  const over = (error?: unknown): void => {
    const phase = asked.waiting === undefined ? asked.phase : observer.begin(WAIT, asked.parent, asked.waiting)
    asked.waiting = asked.phase = undefined
    if (error !== undefined) failed(phase, error)
    phase?.end()
  }
  return [() => over(), over]
}

function telling(settled: Settled, answered: Heard[0], refused: Heard[1]): void {
  const { resolve, reject } = settled
  settled.resolve = function (this: unknown, ...args: unknown[]): unknown {
    answered(args[0])
    return resolve.apply(this, args) as unknown
  }
  settled.reject = function (this: unknown, ...args: unknown[]): unknown {
    refused(args[0])
    return reject.apply(this, args) as unknown
  }
}

function executing(original: Method): Method {
  const executed = new WeakSet<Pipeline>()
  return function (this: Pipeline, ...args: unknown[]): unknown {
    // Where there are transactions, it is the EXEC of one that is queued; what was executed before tries again.
    const begins = !executed.has(this) && !((this._transactions ?? 0) > 0)
    const parent = begins ? observer.current() : undefined
    const transaction = Object.hasOwn(this, 'exec')
    const phase = parent && observer.begin(labelOf(this.redis, transaction ? 'MULTI' : 'PIPELINE'), parent)
    if (phase === undefined) return original.apply(this, args) as unknown
    executed.add(this)
    const answered = (answers: unknown): void => {
      if (transaction) failed(phase, lastError(answers))
      phase.end()
    }
    const refused = (error: unknown): void => {
      failed(phase, error)
      phase.end()
    }
    telling(this, answered, refused)
    return original.apply(this, args) as unknown
  }
}

/** Each answer is an error or null, and a value; the last is that of EXEC. */
function lastError(answers: unknown): unknown {
  const last: unknown = Array.isArray(answers) ? answers.at(-1) : undefined
  return Array.isArray(last) ? last[0] : undefined
}

function failed(phase: Phase | undefined, error: unknown): void {
  if (phase === undefined || error === undefined || error === null) return
  const status = statusOf(error)
  if (status !== undefined) phase.set('db.response.status_code', status)
  phase.fail(error)
}

function labelOf({ options, condition }: Client, name: string): Label {
  const { host, port, path, db = 0 } = options ?? {}
  return sourceFor({ system: 'redis', namespace: String(condition?.select ?? db), address: path ?? host, port }).command(name)
}
