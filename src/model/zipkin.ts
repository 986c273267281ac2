/** Attributes under which a span keeps what Zipkin says of it and OpenTelemetry has no word for. */
export const ZIPKIN = {
  /** Its id is its client's, too. */
  shared: 'zipkin.shared',
  /** Its sender has not said when it was, or how long: it may say so in another part, under the same id. */
  part: 'zipkin.part',
  /** How long it took, in microseconds, if it did not say when. */
  duration: 'zipkin.duration',
  debug: 'zipkin.debug',
  spanId: 'zipkin.span_id',
} as const
