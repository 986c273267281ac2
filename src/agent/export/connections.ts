import type { Socket } from 'node:net'
import { now } from '../../model/clock.ts'
import { HttpAnswer } from './http-answer.ts'

/** A request, written out, and who wants to know what becomes of it. */
export interface Exchange {
  /** Request line and headers, with the empty line. */
  readonly head: string
  readonly parts: readonly Uint8Array[]
  /** ms for the whole of it: a collector that dribbles must not hold a batch for ever. */
  readonly timeout: number
  /** All of it has been handed to the kernel. */
  written(): void
  answered(answer: HttpAnswer): void
  failed(error: Error): void
}

/** How long before a collector closes an idle connection it is not used any more, in ms: as node:http's agent has it. */
const MARGIN = 1_000

/** Connections to one collector that stay open between requests, each with one request at a time. They hold no process. */
export class Connections {
  private readonly connect: () => Socket
  private readonly idle: Connection[] = []
  private readonly all = new Set<Connection>()

  constructor(connect: () => Socket) {
    this.connect = connect
  }

  /** Sends it, and tells exactly once what became of it, but not before this returns. */
  exchange(exchange: Exchange): void {
    for (let idle = this.idle.pop(); idle !== undefined; idle = this.idle.pop()) {
      if (idle.usable) return idle.send(exchange, () => this.fresh(exchange))
      idle.destroy()
    }
    this.fresh(exchange)
  }

  private fresh(exchange: Exchange): void {
    const connection = new Connection(
      this.connect(),
      (free) => this.idle.push(free),
      (gone) => this.forget(gone),
    )
    this.all.add(connection)
    connection.send(exchange, undefined)
  }

  private forget(connection: Connection): void {
    this.all.delete(connection)
    const at = this.idle.indexOf(connection)
    if (at >= 0) this.idle.splice(at, 1)
  }

  /** Breaks off everything. */
  destroy(): void {
    for (const connection of this.all) connection.abandon()
  }
}

class Connection {
  private readonly socket: Socket
  private readonly free: (connection: Connection) => void
  private exchange: Exchange | undefined = undefined
  private answer: HttpAnswer = new HttpAnswer()
  /** What to do instead of failing, if the collector had closed the connection before it saw the request. */
  private otherwise: (() => void) | undefined = undefined
  private bound: NodeJS.Timeout | undefined = undefined
  private sent = false
  /** Until when it may be used again, in ms of `now()`. */
  private until = Infinity

  constructor(socket: Socket, free: (connection: Connection) => void, gone: (connection: Connection) => void) {
    this.socket = socket
    this.free = free
    socket.unref()
    socket.on('data', (piece: Buffer) => this.read(piece))
    socket.on('end', () => this.ended())
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => {
      gone(this)
      this.fail(new Error('the connection was closed'))
    })
  }

  get usable(): boolean {
    return !this.socket.destroyed && this.socket.writable && now() < this.until
  }

  send(exchange: Exchange, otherwise: (() => void) | undefined): void {
    this.exchange = exchange
    this.otherwise = otherwise
    this.answer = new HttpAnswer()
    this.sent = false
    const { timeout, head, parts } = exchange
    this.bound = setTimeout(() => this.abandon(new Error(`no answer in ${timeout} ms`)), timeout).unref()
    const { socket } = this
    socket.cork()
    socket.write(head, 'latin1')
    for (const part of parts.slice(0, -1)) socket.write(part)
    socket.write(parts.at(-1) ?? '', (error) => {
      if (error || this.exchange !== exchange) return
      this.sent = true
      exchange.written()
    })
    socket.uncork()
  }

  private read(piece: Buffer): void {
    // Who speaks without being asked is no collector.
    if (this.exchange === undefined) return this.destroy()
    try {
      if (this.answer.push(piece)) this.over()
    } catch (error) {
      this.fail(error as Error)
      this.destroy()
    }
  }

  private ended(): void {
    if (this.exchange !== undefined && this.answer.end()) this.over()
    this.destroy()
  }

  private over(): void {
    const { answer, exchange, socket } = this
    const seconds = /(?:^|,)\s*timeout=(\d{1,9})/.exec(answer.headers.get('keep-alive') ?? '')?.[1]
    this.until = seconds === undefined ? Infinity : now() + Number(seconds) * 1e3 - MARGIN
    this.clear()
    if (answer.reusable && this.sent && !socket.destroyed) this.free(this)
    else this.destroy()
    exchange?.answered(answer)
  }

  private fail(error: Error): void {
    const { exchange, otherwise } = this
    if (exchange === undefined) return
    this.clear()
    if (otherwise !== undefined && !this.answer.begun) otherwise()
    else exchange.failed(error)
  }

  private clear(): void {
    clearTimeout(this.bound)
    this.exchange = this.otherwise = undefined
  }

  /** Breaks off what is under way, for good. */
  abandon(error?: Error): void {
    this.otherwise = undefined
    this.socket.destroy(error)
  }

  destroy(): void {
    this.socket.destroy()
  }
}
