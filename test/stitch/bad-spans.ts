import fc from 'fast-check'
import { SPAN_KINDS, type SpanKind } from '../../src/model/phases.ts'
import type { Span } from '../../src/model/span.ts'
import { span } from './spans.ts'

/** Traces as bad as they come: few ids, so that copies, loops, orphans and shared ids are common; times that contradict. */
export const spans: fc.Arbitrary<Span[]> = fc
  .array(
    fc.record(
      {
        id: fc.integer({ min: 1, max: 14 }),
        parent: fc.option(fc.integer({ min: 1, max: 16 })),
        start: fc.integer({ min: 0, max: 300 }),
        duration: fc.integer({ min: -5, max: 200 }),
        kind: fc.constantFrom(...(Object.keys(SPAN_KINDS) as SpanKind[])),
        host: fc.constantFrom('a', 'b', 'c'),
        phase: fc.constantFrom('gateway', 'view', 'db', 'middleware.request', undefined),
        inFlight: fc.boolean(),
        shared: fc.boolean(),
        follows: fc.option(fc.integer({ min: 1, max: 16 }), { nil: undefined }),
      },
      { noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) =>
    list.map(({ id, parent, start, duration, kind, host, phase, inFlight, shared, follows }): Span => {
      const sketch = {
        parent: parent === null ? null : `${parent}`,
        at: [start, Math.max(0, start + duration)] as const,
        kind,
        host,
      }
      return span(`${id}`, {
        ...sketch,
        service: `service ${host}`,
        inFlight: inFlight && id % 5 === 0,
        shared: shared && id % 3 === 0,
        ...(phase === undefined ? {} : { phase }),
        ...(follows === undefined || id % 4 !== 0 ? {} : { follows: `${follows}` }),
      })
    }),
  )
