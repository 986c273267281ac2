import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { label, type Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { sourceFor, type Source, type Target } from './source.ts'
import { statusOf } from './status.ts'

/** What the drivers say on their channels, each as far as it does. */
export interface Told {
  readonly query?: unknown
  readonly command?: unknown
  readonly database?: string | number
  readonly serverAddress?: string
  readonly serverPort?: number
  /** Of a command that is part of a batch, which is told as a whole. */
  readonly batchMode?: string
  result?: unknown
  error?: unknown
}

type System = Target['system']
type LabelOf = (told: Told, system: System) => Label | undefined

/** Drivers with a TracingChannel of their own: mysql2 ≥ 3.24, redis ≥ 6. That of ioredis is left alone, see `ioredis.ts`. */
const CHANNELS: readonly (readonly [channel: string, system: System, labelOf: LabelOf])[] = [
  ['mysql2:query', 'mysql', queryLabel],
  ['mysql2:execute', 'mysql', queryLabel],
  ['mysql2:pool:connect', 'mysql', () => POOL],
  ['node-redis:command', 'redis', commandLabel],
  ['node-redis:batch', 'redis', batchLabel],
]

const POOL = label('db.pool', 'db pool wait', { 'db.system.name': 'mysql' })

function queryLabel(told: Told, system: System): Label {
  return source(told, system).label(String(told.query))
}

function commandLabel(told: Told, system: System): Label | undefined {
  return told.batchMode === undefined ? source(told, system).command(String(told.command).toUpperCase()) : undefined
}

function batchLabel(told: Told, system: System): Label {
  return source(told, system).command(told.batchMode ?? 'PIPELINE')
}

function source({ database, serverAddress, serverPort }: Told, system: System): Source {
  return sourceFor({
    system,
    namespace: database === undefined ? undefined : String(database),
    address: serverAddress,
    port: serverPort,
  })
}

/** Watches the drivers that tell of their queries themselves, loaded or not. @returns a function that stops it */
export function watchChannels(): () => void {
  const phases = new WeakMap<object, Phase>()
  const undo = CHANNELS.flatMap(([channel, system, labelOf]) => {
    const start = (told: Told): void => {
      const parent = observer.current()
      const made = parent === undefined ? undefined : labelOf(told, system)
      const phase = made === undefined ? undefined : observer.begin(made, parent)
      if (phase !== undefined) phases.set(told, phase)
    }
    const answered = (told: Told): void => over(phases.get(told), told)
    // A call that throws has no answer.
    const ended = (told: Told): void => {
      if (told.error !== undefined) answered(told)
    }
    return [listen(channel, 'start', start), listen(channel, 'end', ended), listen(channel, 'asyncStart', answered)]
  })
  return () => undo.forEach((stop) => stop())
}

function listen(channel: string, event: string, told: (message: Told) => void): () => void {
  const name = `tracing:${channel}:${event}`
  const listener = (message: unknown): void => told(message as Told)
  subscribe(name, listener)
  return () => void unsubscribe(name, listener)
}

/** Tells how a query ended. */
export function over(phase: Phase | undefined, { query, error, result }: Told): void {
  if (phase === undefined) return
  if (query !== undefined && Array.isArray(result)) phase.set('db.response.returned_rows', result.length)
  if (error !== undefined && error !== null) {
    const status = statusOf(error)
    if (status !== undefined) phase.set('db.response.status_code', status)
    phase.fail(error)
  }
  phase.end()
}
