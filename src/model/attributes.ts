/** A value of an attribute, as OpenTelemetry has them on its API. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | readonly boolean[]

/** Attributes as producers give them: names of the OpenTelemetry semantic conventions, or `phaseline.*`. */
export type Attributes = Readonly<Record<string, AttributeValue>>

/** Attributes that many phases have together, those of a connection say: whoever turns phases into spans keeps their encoded form here. */
export class SharedAttributes {
  readonly attributes: Attributes
  readonly size: number
  /** A place for the observer's own use. */
  encoded: unknown = undefined

  constructor(attributes: Attributes) {
    this.attributes = attributes
    this.size = Object.keys(attributes).length
  }
}

type OwnName =
  | 'phase'
  | 'stage'
  | 'middlewareName'
  | 'middlewareHook'
  | 'middlewareIndex'
  | 'outcome'
  | 'connectionReused'
  | 'responseUnread'
  | 'cancelled'
  | 'proxyName'
  | 'proxyStatic'
  | 'proxyUpstream'
  | 'proxyAttempts'
  | 'eventLoopUtilization'
  | 'inFlight'
  | 'clockShift'
  | 'answeredBy'

/** The names of our own attributes; everything else is a semantic convention (1.45). */
export const OWN: Readonly<Record<OwnName, `phaseline.${string}`>> = {
  phase: 'phaseline.phase',
  stage: 'phaseline.stage',
  middlewareName: 'phaseline.middleware.name',
  middlewareHook: 'phaseline.middleware.hook',
  middlewareIndex: 'phaseline.middleware.index',
  outcome: 'phaseline.outcome',
  connectionReused: 'phaseline.connection.reused',
  responseUnread: 'phaseline.response.unread',
  cancelled: 'phaseline.cancelled',
  proxyName: 'phaseline.proxy.name',
  proxyStatic: 'phaseline.proxy.static',
  proxyUpstream: 'phaseline.proxy.upstream',
  proxyAttempts: 'phaseline.proxy.attempts',
  eventLoopUtilization: 'phaseline.eventloop.utilization',
  inFlight: 'phaseline.in_flight',
  clockShift: 'phaseline.clock.shift_ns',
  answeredBy: 'phaseline.answered_by',
}
