import { afterEach, expect, test, vi } from 'vitest'
import { epochNanos, epochOrigin, now } from '../../src/model/clock.ts'
import { errorType, PhaselineError } from '../../src/model/errors.ts'
import { gatewayOf, nameRoute, setGateway } from '../../src/model/gateway.ts'
import { hex32, newSpanId, newTraceId, random32 } from '../../src/model/ids.ts'
import { label, labels, type Label } from '../../src/model/label.ts'
import type { Phase } from '../../src/model/observer.ts'
import { isPhaseId, PHASE_IDS, PHASES } from '../../src/model/phases.ts'

afterEach(() => vi.restoreAllMocks())

test('the phases are in the order of a request’s life', () => {
  const stages = PHASE_IDS.map((id) => PHASES[id].stage)
  expect(stages).toEqual([...stages].sort((a, b) => a - b))
  expect([stages[0], stages.at(-1)]).toEqual([1, 19])
})

test('only the table’s own ids are phases', () => {
  expect(isPhaseId('middleware.view')).toBe(true)
  expect(isPhaseId('toString')).toBe(false)
  expect(isPhaseId(undefined)).toBe(false)
})

test('ids are random, of the right length and not zero', () => {
  const traces = new Set(Array.from({ length: 1000 }, newTraceId))
  expect(traces.size).toBe(1000)
  for (const id of traces) expect(id).toMatch(/^(?!0+$)[0-9a-f]{32}$/)
  expect(newSpanId()).toMatch(/^(?!0+$)[0-9a-f]{16}$/)
})

test('every bit of a random word is set about half of the time', () => {
  const counts = Array.from({ length: 32 }, () => 0)
  for (let i = 0; i < 4000; i++) {
    const word = random32()
    for (let bit = 0; bit < 32; bit++) counts[bit]! += (word >>> bit) & 1
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(300)
})

test('a negative word is written as the unsigned one', () => {
  expect(hex32(-1)).toBe('ffffffff')
  expect(hex32(1)).toBe('00000001')
})

test('times are nanoseconds since the epoch, exact to the microsecond over hours', () => {
  const zero = 1_795_000_000_123.25
  expect(epochNanos(0.001, zero)).toBe(1_795_000_000_123_251_000n)
  expect(epochNanos(3_600_000.000_5, zero) - epochNanos(0, zero)).toBe(3_600_000_000_500n)
})

test('the origin follows the wall clock when that is stepped, and stays put when it is not', () => {
  // Not exactly: the system may slew its clock at this very moment.
  expect(Math.abs(epochOrigin() - epochOrigin())).toBeLessThan(0.1)
  const real = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(real + 60_000)
  const stepped = epochOrigin()
  expect(Math.abs(stepped + now() - (real + 60_000))).toBeLessThan(1.5)
  vi.restoreAllMocks()
  expect(Math.abs(epochOrigin() + now() - Date.now())).toBeLessThan(2)
})

test('labels made on the way are remembered, and forgotten when there are too many', () => {
  const lookup = labels('dns', (host) => `DNS lookup ${host}`, 2)
  const first = lookup('a')
  expect(lookup('a')).toBe(first)
  lookup('b')
  lookup('c')
  expect(lookup('a')).not.toBe(first)
  expect(lookup('a').name).toBe('DNS lookup a')
})

test('a route names the gateway phase of its request, with one label for all requests', () => {
  const seen: Label[] = []
  const gateway = { relabel: (next: Label) => void seen.push(next) } as Partial<Phase> as Phase
  const request = {}
  nameRoute(request, 'GET', '/nobody-watches')
  setGateway(request, gateway)
  expect(gatewayOf(request)).toBe(gateway)
  nameRoute(request, 'GET', '/books/:id')
  nameRoute(request, 'GET', '/books/:id')
  expect(seen[0]).toBe(seen[1])
  expect(seen[0]).toMatchObject({ name: 'GET /books/:id', attributes: { 'http.route': '/books/:id' } })
})

test('error.type is the code, else the class, else what was thrown', () => {
  expect(errorType(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
  expect(errorType(new TypeError('x'))).toBe('TypeError')
  expect(errorType('timeout')).toBe('timeout')
  expect(errorType(null)).toBe('object')
  expect(errorType(new PhaselineError('E_PORT', 'x'))).toBe('E_PORT')
})

test('a label carries the kind and the constant attributes', () => {
  expect(label('db', 'SELECT book', { 'db.system.name': 'sqlite' })).toMatchObject({ spanKind: 'CLIENT', phase: { stage: 13 } })
})
