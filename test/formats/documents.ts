const TRACE = '5b8efff798038103d269b633813fc60c'

/** An OTLP document of one span, as JSON has it. */
export const otlp = (spanId = 'eee19b7ec3c1b174', span: object = {}): object => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: TRACE,
              spanId,
              name: 'GET',
              startTimeUnixNano: '1790000000000000001',
              endTimeUnixNano: '1790000000000000009',
              ...span,
            },
          ],
        },
      ],
    },
  ],
})

/** A span as Jaeger keeps it in Elasticsearch. */
export const kept = (spanID: string, span: object = {}): object => ({
  traceID: TRACE,
  spanID,
  operationName: 'GET',
  references: [],
  startTime: 1_790_000_000_000_000,
  startTimeMillis: 1_790_000_000_000,
  duration: 5,
  tags: [],
  logs: [],
  process: { serviceName: 'shop', tags: [] },
  ...span,
})
