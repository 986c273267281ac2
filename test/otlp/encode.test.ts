import { expect, test } from 'vitest'
import { label, Label } from '../../src/model/label.ts'
import type { AttributeValue } from '../../src/model/attributes.ts'
import { encodeRequest, encodeResource, encodeSpan, type EncodableSpan } from '../../src/otlp/encode.ts'
import { now } from '../../src/model/clock.ts'
import { currentAnchor } from '../../src/otlp/encode-time.ts'
import { ProtoWriter } from '../../src/otlp/encode-writer.ts'
import { readRequest, type SentSpan } from '../agent/otlp-reader.ts'

const record = {
  trace0: 0x0af76519,
  trace1: 0x16cd43dd,
  trace2: 0x8448eb21,
  trace3: 0x1c80319c,
  span0: 0xb7ad6b71,
  span1: 0xfffffffe,
  remote0: 0,
  remote1: 0,
  traceState: undefined,
}
const bare: EncodableSpan = {
  record,
  index: 0,
  up: undefined,
  label: label('view', 'view bookPage', { 'code.function.name': 'bookPage' }),
  started: 10,
  ended: 12.5,
  attributes: undefined,
  shared: undefined,
  status: 0,
  extra: undefined,
}
const more = {
  name: undefined,
  statusMessage: '',
  events: [],
  links: [],
  droppedAttributes: 0,
  droppedEvents: 0,
  droppedLinks: 0,
}

/** One for all: the clock's origin may move by a little from one reading to the next. */
const ANCHOR = currentAnchor()

/** The nanoseconds since the epoch of a time of `now()`, in integers all the way. */
const nanos = (time: number): bigint =>
  (BigInt(ANCHOR.high) << 32n) + BigInt(ANCHOR.low) + BigInt(Math.round((ANCHOR.fraction + time) * 1e6))

function sent(...spans: EncodableSpan[]): SentSpan[] {
  const writer = new ProtoWriter(16)
  for (const span of spans) encodeSpan(writer, span, ANCHOR)
  const parts = encodeRequest(encodeResource({ 'service.name': 'shop' }), [
    { name: 'phaseline', version: '', spans: writer.written() },
  ])
  return readRequest(Buffer.concat(parts))
}

function one(change: Partial<EncodableSpan> = {}): SentSpan {
  return sent({ ...bare, ...change })[0] as SentSpan
}

test('a span says its ids, name, kind, phase and stage', () => {
  expect(one()).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b71fffffffe',
    parentSpanId: '',
    name: 'view bookPage',
    kind: 1,
    attributes: { 'phaseline.phase': 'view', 'phaseline.stage': 11, 'code.function.name': 'bookPage' },
    resource: { 'service.name': 'shop' },
    scope: 'phaseline',
  })
})

test('span ids are counted on, over the end of 32 bits, and children name their parent', () => {
  const root = { ...bare }
  const child = { ...bare, index: 3, up: root }
  const [, encoded] = sent(root, child)
  expect(encoded).toMatchObject({ spanId: 'b7ad6b7100000001', parentSpanId: 'b7ad6b71fffffffe', flags: 0x101 })
})

test('a parent elsewhere is named, with its trace state, and flagged as remote', () => {
  const remote = { ...record, remote0: 0x00f067aa, remote1: 0x0ba902b7, traceState: 'a=1,b=2' }
  expect(one({ record: remote })).toMatchObject({ parentSpanId: '00f067aa0ba902b7', traceState: 'a=1,b=2', flags: 0x301 })
})

test('times are those of the clock, to the nanosecond', () => {
  const started = now()
  const ended = started + 1.234_567
  const { start, end } = one({ started, ended })
  expect([start, end]).toEqual([nanos(started), nanos(ended)])
})

test('times before the process started, and long after, are right', () => {
  for (const time of [-5_000, -0.25, 0, 2 ** 32 / 1e6, 86_400_000 * 30]) {
    expect(one({ started: time, ended: time }).start).toBe(nanos(time))
  }
})

const values: AttributeValue[] = [
  '',
  'plain',
  'ünïcödé ✓',
  'x'.repeat(63),
  'é'.repeat(64),
  'long '.repeat(5_000),
  true,
  false,
  0,
  127,
  128,
  -1,
  -(2 ** 40),
  2 ** 31,
  2 ** 53 - 1,
  0.5,
  -1e-7,
  1e300,
  ['a', 'b'],
  [1, 2.5],
  [true, false],
  [],
]

test.each(values.map((value) => [value]))('an attribute arrives as it was given: %j', (value) => {
  // Three times: encoded, remembered, and once the values of the name are too many to be remembered.
  for (let i = 0; i < 3; i++) expect(one({ attributes: ['app.value', value] }).attributes['app.value']).toEqual(value)
  for (let i = 0; i < 300; i++) one({ attributes: ['app.other', `value ${i}`] })
  expect(one({ attributes: ['app.other', value] }).attributes['app.other']).toEqual(value)
})

test('a value of the span replaces the one on its label', () => {
  const { attributes } = one({ attributes: ['code.function.name', 'other', 'app.key', 1] })
  expect(attributes).toMatchObject({ 'code.function.name': 'other', 'app.key': 1, 'phaseline.phase': 'view' })
})

test('names, events, links, status and what was dropped arrive', () => {
  const span = one({
    status: 2,
    extra: {
      ...more,
      name: 'renamed',
      statusMessage: 'went wrong',
      events: [{ name: 'exception', time: 11, attributes: { 'exception.type': 'TypeError' } }],
      links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceState: undefined, attributes: { why: 'cause' } }],
      droppedAttributes: 1,
      droppedEvents: 200,
      droppedLinks: 3,
    },
  })
  expect(span).toMatchObject({
    name: 'renamed',
    status: { code: 2, message: 'went wrong' },
    links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: { why: 'cause' } }],
    events: [{ name: 'exception', time: nanos(11), attributes: { 'exception.type': 'TypeError' } }],
    dropped: { attributes: 1, events: 200, links: 3 },
  })
})

test('a span larger than 16 KB keeps its neighbours whole', () => {
  const large = { ...bare, attributes: ['app.text', 'ä'.repeat(20_000)] }
  const spans = sent(bare, large, { ...bare, index: 1 })
  expect(spans.map(({ attributes }) => (attributes['app.text'] as string | undefined)?.length ?? 0)).toEqual([0, 20_000, 0])
})

test('a label of nobody’s phases has no phase and no stage', () => {
  expect(one({ label: new Label(null, 'mine', { a: 1 }, 'CLIENT') })).toMatchObject({ attributes: { a: 1 }, kind: 3 })
  expect(one({ label: new Label(null, 'mine') }).attributes).toEqual({})
})

test.each([0, 10, 1_000, 20_000, 70_000])(
  'a span that has nothing of its own says the same as one that has, with %i bytes of constant attributes',
  (size) => {
    const its = label('model', 'Book.find', { text: 'x'.repeat(size) })
    const up = { ...bare, index: 3, record: { ...record, span0: -2, span1: 0x7fff_ffff } }
    const span = { ...bare, label: its, up, index: 7, started: -1e6, ended: 86_400_000.000_001 }
    const [plain, other, last] = sent(span, { ...span, attributes: ['own', 1] }, span)
    expect(plain).toMatchObject({ parentSpanId: 'fffffffe80000002', spanId: 'b7ad6b7100000005', flags: 0x101 })
    expect(plain).toMatchObject({ start: nanos(-1e6), end: nanos(86_400_000.000_001) })
    const { own, ...shared } = other!.attributes as Record<string, unknown>
    expect({ ...other, attributes: shared }).toEqual(plain)
    expect([own, last]).toEqual([1, plain])
  },
)
