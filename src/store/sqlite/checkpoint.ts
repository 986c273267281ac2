import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { pragma } from './schema.ts'

/** Bytes that were put, of which the log has about twice as many. */
const MUCH = 4 * 1024 * 1024

/** As text: it is the same before and after the build, and is all that runs there. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const database = new DatabaseSync(workerData)
database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
parentPort.on('message', () => {
  let all = false
  try {
    // What is told is the log's length when the round began: all of it is there when nothing came in a whole round.
    for (let round = 0, before = -1; round < 6 && !all; round++) {
      const { log, checkpointed } = checkpoint.get()
      all = log === before && checkpointed === log
      before = log
    }
  } catch {
    // Who comes to the rest says so.
  }
  parentPort.postMessage(all)
})`

/**
 * Brings what is in the write-ahead log into the database. Much of it goes on a thread of its own: writing 16 MB and waiting for the
 * disk took 40 to 190 ms, for which nobody was answered. The log begins anew when all of it is there: where so much comes that the
 * thread never gets to its end, the little that is left is done here.
 */
export class Checkpointer {
  private readonly database: DatabaseSync
  private readonly path: string
  private bytes = 0
  private worker: Worker | undefined
  private working: PromiseWithResolvers<void> | undefined

  constructor(database: DatabaseSync, path: string) {
    this.database = database
    this.path = path
  }

  /** So many bytes were put. */
  wrote(bytes: number): void {
    this.bytes += bytes
    if (this.bytes < MUCH || this.working !== undefined || this.path === ':memory:') return
    this.bytes = 0
    this.working = Promise.withResolvers()
    this.worker ??= this.started()
    this.worker.postMessage('')
  }

  private started(): Worker {
    const worker = new Worker(THREAD, { eval: true, workerData: this.path, stdout: false, execArgv: [] })
    worker.on('message', (isAll: boolean) => (isAll ? this.done() : this.rest()))
    // Without it SQLite does all itself, now and then within a commit.
    worker.on('error', () => {})
    worker.on('exit', () => {
      this.worker = undefined
      this.done()
    })
    worker.unref()
    return worker
  }

  private rest(): void {
    try {
      this.database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // A disk that is full: whoever puts is told.
    }
    this.done()
  }

  private done(): void {
    this.working?.resolve()
    this.working = undefined
  }

  /** Empties the log, if nobody is at it; one of another process who reads is not waited for. @throws what SQLite throws */
  empty(): void {
    if (this.working !== undefined) return
    const patience = pragma(this.database, 'busy_timeout')
    this.database.exec('PRAGMA busy_timeout = 0')
    try {
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      this.database.exec(`PRAGMA busy_timeout = ${patience}`)
    }
  }

  /** For who writes much and has time: only when nothing more comes the thread gets to its end. */
  async settled(): Promise<void> {
    this.worker?.ref()
    await this.working?.promise
    this.worker?.unref()
  }

  /** Nothing of it runs any more. */
  async close(): Promise<void> {
    await this.settled()
    await this.worker?.terminate()
  }
}
