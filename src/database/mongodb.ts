import { now } from '../model/clock.ts'
import { label, type Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { patch, type Method } from './patch.ts'
import { settling } from './settling.ts'
import { sourceFor, type Source } from './source.ts'

interface Connection {
  /** `host:port`, or the path of a socket. */
  readonly address?: string
}

/** The driver's answers are read on demand: only what is asked for is parsed. */
interface Answer {
  /** Of a cursor: how many documents came. */
  readonly batchSize?: unknown
  get?(name: string | number, type: number): (Answer & { getNumber?(name: string): unknown }) | null | undefined
}

/** Types of BSON (https://bsonspec.org/spec.html). */
const OBJECT = 3
const ARRAY = 4

/** What a connection does on its own account, when it is made. */
const OWN = new Set(['hello', 'ismaster', 'isMaster', 'saslStart', 'saslContinue'])

/**
 * Watches the commands of every connection, or the waiting for every pool; mongodb 6.4 and later.
 * @param exported the class of connections, or that of pools, of `mongodb/lib/cmap` @returns a function that stops it
 */
export function watchMongo(exported: { readonly prototype: object }): () => void {
  const undo = [patch(exported.prototype, 'command', command), patch(exported.prototype, 'checkOut', poolWait)]
  return () => undo.forEach((stop) => stop())
}

function command(original: Method): Method {
  return function (this: Connection, ...args: unknown[]): unknown {
    const parent = observer.current()
    const [space, document] = args as [{ db?: string } | undefined, Record<string, unknown> | undefined]
    const name = Object.keys(document ?? {})[0]
    if (parent === undefined || name === undefined || OWN.has(name)) return original.apply(this, args) as unknown
    const collection = document?.[name]
    const target = typeof collection === 'string' ? collection : document?.['collection']
    const made = source(this, space?.db).command(name, typeof target === 'string' ? target : undefined)
    return settled(made, parent, () => original.apply(this, args) as unknown, answered)
  }
}

function source({ address = '' }: Connection, namespace: string | undefined): Source {
  const [, host = address, port] = /^(.*):(\d+)$/.exec(address) ?? []
  return sourceFor({ system: 'mongodb', namespace, address: host, port: port === undefined ? undefined : Number(port) })
}

const POOL = label('db.pool', 'db pool wait', { 'db.system.name': 'mongodb' })

function poolWait(original: Method): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    const parent = observer.current()
    if (parent === undefined) return original.apply(this, args) as unknown
    return settled(POOL, parent, () => original.apply(this, args) as unknown)
  }
}

/** A call that gives a promise. Before mongodb 6.4 there is none, and nothing is recorded. */
function settled(made: Label, parent: Phase, call: () => unknown, answered?: (phase: Phase, answer: Answer) => void): unknown {
  const since = now()
  const promise = call()
  const phase = promise instanceof Promise ? observer.begin(made, parent, since) : undefined
  if (phase === undefined) return promise
  const succeeded = (answer: Answer): void => {
    answered?.(phase, answer)
    phase.end()
  }
  const refused = (error: unknown): void => {
    failed(phase, error)
    phase.end()
  }
  return settling(promise as Promise<Answer>, succeeded, refused)
}

/** A write that was refused is no error of the command: the answer says so. */
function answered(phase: Phase, answer: Answer): void {
  try {
    if (typeof answer.batchSize === 'number') phase.set('db.response.returned_rows', answer.batchSize)
    const code = answer.get?.('writeErrors', ARRAY)?.get?.(0, OBJECT)?.getNumber?.('code')
    if (typeof code === 'number') failed(phase, { code }, 'WriteError')
  } catch {
    // An answer of another make: all that is lost is what it says.
  }
}

function failed(phase: Phase, error: unknown, type: unknown = error): void {
  const { code } = (error ?? {}) as { code?: unknown }
  if (typeof code === 'number') phase.set('db.response.status_code', String(code))
  phase.fail(type)
}
