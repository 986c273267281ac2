/** A question to Jaeger's API that Jaeger would refuse too: with its statuses and, where programs may look at them, its words. */
export class JaegerFault extends Error {
  /** The HTTP status of the answer. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
