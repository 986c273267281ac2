import { describe, expect, test } from 'vitest'
import { phaseOf } from '../../src/stitch/placement.ts'
import { summarise } from '../../src/stitch/summary.ts'
import { at, figures, span, timelineOf, type Sketch } from './spans.ts'

const phases = (sketches: Record<string, Sketch>): Record<string, number> =>
  Object.fromEntries([...timelineOf(sketches).phases].map(([phase, ns]) => [phase, Number(ns)]))

describe('the breakdown', () => {
  test('is the self time of each phase; what nothing covers inside a phase made of others is a gap', () => {
    const request: Record<string, Sketch> = {
      gateway: { at: [0, 100], phase: 'gateway', kind: 'SERVER' },
      first: { parent: 'gateway', at: [5, 15], phase: 'middleware.request' },
      view: { parent: 'gateway', at: [20, 80], phase: 'view' },
      query: { parent: 'view', at: [30, 60], phase: 'db', kind: 'CLIENT' },
      last: { parent: 'gateway', at: [80, 95], phase: 'middleware.response' },
    }
    expect(phases(request)).toEqual({ 'middleware.request': 10, view: 30, db: 30, 'middleware.response': 15, gap: 15 })
  })

  test('gives the time of overlapping siblings once, to the one that finishes last', () => {
    const timeline: Record<string, Sketch> = {
      view: { at: [0, 100], phase: 'view' },
      call: { parent: 'view', at: [10, 60], phase: 'client' },
      query: { parent: 'view', at: [40, 90], phase: 'db' },
      inside: { parent: 'view', at: [50, 70], phase: 'render' },
    }
    expect(phases(timeline)).toEqual({ client: 30, view: 20, db: 50 })
  })

  test('leaves out what does not block and what lies outside, and cuts what outlives its parent', () => {
    const timeline: Record<string, Sketch> = {
      view: { at: [10, 100], phase: 'view' },
      over: { parent: 'view', at: [90, 150], phase: 'db' },
      after: { parent: 'view', at: [100, 150], phase: 'render' },
      async: { parent: 'view', at: [20, 50], phase: 'client', follows: 'view' },
    }
    expect(phases(timeline)).toEqual({ view: 80, db: 10 })
  })

  test('calls spans without a phase other; a server that is only placed by convention keeps its self time', () => {
    const timeline: Record<string, Sketch> = {
      server: { at: [0, 100], kind: 'SERVER' },
      work: { parent: 'server', at: [20, 50] },
    }
    expect(phases(timeline)).toEqual({ gateway: 70, other: 30 })
  })
})

describe('gaps', () => {
  test('are what none of a span’s blocking children covers; a span without any has none', () => {
    const timeline = timelineOf({
      root: { at: [0, 100] },
      a: { parent: 'root', at: [10, 40] },
      b: { parent: 'root', at: [30, 50] },
      c: { parent: 'b', at: [30, 60] },
    })
    expect(timeline.gaps).toEqual([
      { parentSpanId: 'root', start: 0n, end: 10n },
      { parentSpanId: 'root', start: 50n, end: 100n },
    ])
    expect(figures(timeline, 'selfNs')).toEqual({ root: 60, a: 30, b: 0, c: 30 })
  })
})

describe('spans without a phase of ours are placed by convention', () => {
  test.each<[string, Partial<Sketch>, string | null]>([
    ['GET /books/:id', { kind: 'SERVER', attributes: { 'http.request.method': 'GET' } }, 'gateway'],
    ['GET', { kind: 'CLIENT', attributes: { 'http.method': 'GET' } }, 'client'],
    ['SELECT books', { kind: 'CLIENT', attributes: { 'db.system.name': 'postgresql' } }, 'db'],
    ['select', { kind: 'CLIENT', attributes: { 'sql.query': 'select 1' } }, 'db'],
    ['pg-pool.connect', { attributes: { 'db.system': 'postgresql' } }, 'db.pool'],
    ['orders publish', { kind: 'PRODUCER', attributes: { 'messaging.system': 'kafka' } }, 'client'],
    ['orders process', { kind: 'CONSUMER', attributes: { 'messaging.system': 'kafka' } }, 'gateway'],
    ['shop.Books/Get', { kind: 'CLIENT', attributes: { 'rpc.system': 'grpc' } }, 'client'],
    ['GET /', { kind: 'SERVER', service: 'nginx' }, 'proxy'],
    ['middleware - helmet', { attributes: { 'express.type': 'middleware' } }, 'middleware.request'],
    ['request handler - /', { attributes: { 'express.type': 'request_handler' } }, 'view'],
    ['tls.connect', {}, 'tls'],
    ['dns.lookup', {}, 'dns'],
    ['render books.html', {}, 'render'],
    ['render_to_string', { attributes: { 'template.name': 'a.html' } }, 'render'],
    ['work', {}, null],
    ['GET', { kind: 'SERVER', attributes: { 'phaseline.phase': 'view' } }, 'view'],
    ['GET', { kind: 'SERVER', attributes: { 'phaseline.phase': 'no such phase' } }, 'gateway'],
  ])('%s %o is %s', (name, sketch, phase) => {
    expect(phaseOf(span('a', { at: [0, 1], name, ...sketch }))).toBe(phase)
  })
})

describe('the same query five times under one parent', () => {
  const queries = (count: number, parents: 'one' | 'models', text: (i: number) => string): Record<string, Sketch> => {
    const sketches: Record<string, Sketch> = { view: { at: [1, 1000], phase: 'view' } }
    for (let i = 0; i < count; i++) {
      if (parents === 'models') sketches[`m${i}`] = { parent: 'view', at: [10 * i + 1, 10 * i + 9], phase: 'model' }
      const parent = parents === 'models' ? `m${i}` : 'view'
      sketches[`q${i}`] = { parent, at: [10 * i + 2, 10 * i + 8], phase: 'db', attributes: { 'db.query.text': text(i) } }
    }
    return sketches
  }

  test.each(['one', 'models'] as const)('is an N+1, whatever its literals (%s)', (parents) => {
    const timeline = timelineOf(queries(5, parents, (i) => `select * from a where id = ${i} and n = 'x${i}'`))
    expect(timeline.warnings.get('n_plus_one')).toBe(5)
    expect(at(timeline, 'q0').warnings).toEqual(['n_plus_one'])
  })

  test('four times is none, nor are five different ones', () => {
    expect(timelineOf(queries(4, 'one', () => 'select 1')).warnings.size).toBe(0)
    expect(timelineOf(queries(5, 'one', (i) => `select * from t${i}`)).warnings.size).toBe(0)
  })
})

describe('the summary', () => {
  test('names the request and its service by its gateway, and the slowest middleware', () => {
    const timeline = timelineOf({
      call: { at: [1, 200], kind: 'CLIENT', service: 'browser', phase: 'client' },
      proxy: { parent: 'call', at: [10, 190], kind: 'SERVER', service: 'nginx', phase: 'proxy' },
      gateway: {
        parent: 'proxy',
        at: [20, 180],
        kind: 'SERVER',
        service: 'shop',
        phase: 'gateway',
        name: 'GET /books/:id',
        attributes: { 'http.request.method': 'GET', 'http.route': '/books/:id', 'http.response.status_code': 503 },
        status: 'error',
      },
      quick: {
        parent: 'gateway',
        at: [30, 40],
        service: 'shop',
        phase: 'middleware.request',
        attributes: { 'phaseline.middleware.name': 'quick' },
      },
      slow: {
        parent: 'gateway',
        at: [50, 120],
        service: 'shop',
        phase: 'middleware.response',
        attributes: { 'phaseline.middleware.name': 'session', 'phaseline.middleware.hook': 'process_response' },
      },
    })
    expect(summarise(timeline)).toMatchObject({
      service: 'shop',
      name: 'GET /books/:id',
      method: 'GET',
      route: '/books/:id',
      status: 503,
      start: 1n,
      durationNs: 199n,
      spanCount: 5,
      services: ['browser', 'nginx', 'shop'],
      error: true,
      inFlight: false,
      slowestMiddleware: { name: 'session', hook: 'process_response', selfNs: 70n },
    })
  })

  test('of a trace without servers is its root’s', () => {
    expect(summarise(timelineOf({ job: { at: [1, 5], service: 'cron' } }))).toMatchObject({
      service: 'cron',
      name: 'job',
      method: null,
      status: null,
      slowestMiddleware: null,
    })
  })
})
