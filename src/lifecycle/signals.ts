import { isPromise, type Maybe } from './maybe.ts'
import type { HttpRequest } from './request.ts'

/** What a receiver is called with: the sender and what this signal says. */
export type Receiver<Data> = (data: Data & { sender: unknown }) => unknown

interface Connection<Data> {
  readonly receiver: Receiver<Data>
  readonly sender: unknown
}

/**
 * A signal. Receivers are called in the order they were connected, one after the other; one that gives a promise is awaited.
 * A receiver that fails stops the sending: its error goes to whoever sends.
 */
export class Signal<Data extends object> {
  #connections: readonly Connection<Data>[] = []

  /**
   * @param options.sender only what this sender sends; by default everything
   * @returns a function that disconnects it again
   */
  connect(receiver: Receiver<Data>, options: { sender?: unknown } = {}): () => void {
    const connection = { receiver, sender: options.sender }
    this.#connections = [...this.#connections, connection]
    return () => void (this.#connections = this.#connections.filter((other) => other !== connection))
  }

  /** @returns whether there was such a receiver */
  disconnect(receiver: Receiver<Data>, options: { sender?: unknown } = {}): boolean {
    const before = this.#connections.length
    this.#connections = this.#connections.filter((c) => c.receiver !== receiver || c.sender !== options.sender)
    return this.#connections.length < before
  }

  /** Calls the receivers. A promise only if one of them gave one. */
  send(sender: unknown, data: Data): Maybe<void> {
    const connections = this.#connections
    if (connections.length > 0) return this.#sendFrom(0, connections, { ...data, sender })
  }

  #sendFrom(start: number, connections: readonly Connection<Data>[], data: Data & { sender: unknown }): Maybe<void> {
    for (let index = start; index < connections.length; index++) {
      const { receiver, sender } = connections[index] as Connection<Data>
      if (sender !== undefined && sender !== data.sender) continue
      const result = receiver(data)
      if (isPromise(result)) return result.then(() => this.#sendFrom(index + 1, connections, data))
    }
  }
}

/** Sent before any middleware. A failing receiver goes to the server: nothing is served. The sender is the application. */
export const requestStarted: Signal<{ request: HttpRequest }> = new Signal()
/** Sent when the response has been sent and closed. */
export const requestFinished: Signal<{ request: HttpRequest }> = new Signal()
/** Sent for an exception that becomes a 500, by each layer that converts one. */
export const gotRequestException: Signal<{ request: HttpRequest; error: unknown }> = new Signal()
