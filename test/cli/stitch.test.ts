import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { collect } from '../../src/collector/collect.ts'
import type { SpanJson, TimelineJson } from '../../src/query/wire/timeline.ts'
import { phaseline } from './programs.ts'

interface Output {
  timelines: TimelineJson[]
  refused: { file: string; where: string; reason: string }[]
}

async function stitched(...args: string[]): Promise<Output & { code: number }> {
  const program = phaseline(['stitch', ...args, '--json'])
  const code = await program.ended()
  return { ...(JSON.parse(program.said()) as Output), code }
}

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'phaseline-stitch-'))))
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, JSON.stringify(content))
  return path
}

const jaeger = (traceID: string, startTime: number) => ({
  data: [
    {
      traceID,
      spans: [{ spanID: '1', operationName: 'GET', startTime, duration: 5, processID: 'p' }],
      processes: { p: { serviceName: 'shop' } },
    },
  ],
})

describe('phaseline stitch', () => {
  test('joins the spans of a trace from several files; timelines are in the order of their start', async () => {
    const late = await file('late.json', jaeger('b', 1_000_000))
    const early = await file('early.json', jaeger('a', 500_000))
    const more = await file('more.json', [{ traceId: 'b', id: '2', parentId: '1', timestamp: 1_000_001, duration: 2 }])
    const { timelines, refused, code } = await stitched(late, early, more)
    expect(timelines.map(({ traceId, spans }) => [traceId.slice(-1), spans.map(({ spanId }) => spanId.slice(-1))])).toEqual([
      ['a', ['1']],
      ['b', ['1', '2']],
    ])
    expect([refused, code]).toEqual([[], 0])
  })

  test('a span whose parts are in two files is one', async () => {
    const timestamp = 1_790_000_000_000_000
    const begun = await file('begun.json', [{ traceId: 'c1', id: '1', kind: 'CLIENT', name: 'get', timestamp }])
    const ended = await file('ended.json', [{ traceId: 'c1', id: '1', duration: 7 }])
    const { timelines } = await stitched(begun, ended)
    expect(timelines).toMatchObject([{ durationNs: '7000', warnings: {}, spans: [{ kind: 'CLIENT', name: 'get' }] }])
  })

  test('says what it refused, and fails only if nothing was left', async () => {
    const good = await file('good.json', jaeger('a', 1))
    const missing = join(folder, 'missing.json')
    expect(await stitched(good, missing)).toMatchObject({
      code: 0,
      timelines: [{}],
      refused: [{ file: missing, where: '', reason: 'there is no such file' }],
    })
    expect(await stitched(missing)).toMatchObject({ code: 1, timelines: [], refused: [{ file: missing }] })
  })

  test('reads standard input, packed or not', async () => {
    const packed = gzipSync(JSON.stringify(jaeger('a', 1)))
    const bin = join(import.meta.dirname, '../../src/cli/bin.ts')
    const { stdout, status } = spawnSync(process.execPath, [bin, 'stitch', '-', '--json'], { input: packed })
    expect(JSON.parse(stdout.toString())).toMatchObject({ timelines: [{ spans: [{ name: 'GET' }] }], refused: [] })
    expect(status).toBe(0)
  })

  test('one trace in files of different formats is one, with copies told from contradictions', async () => {
    const [otlp, zipkin, again] = [
      { traceId: 'b'.padStart(32, '0'), spanId: '2'.padStart(16, '0'), parentSpanId: '1'.padStart(16, '0'), name: 'otlp' },
      { traceId: 'b', id: '3', parentId: '2', name: 'zipkin', timestamp: 1_000_002, duration: 1 },
      jaeger('b', 1_000_000),
    ]
    const times = { startTimeUnixNano: '1000001000', endTimeUnixNano: '1000004000' }
    const files = [
      await file('1.json', again),
      await file('2.json', { resourceSpans: [{ scopeSpans: [{ spans: [{ ...otlp, ...times }] }] }] }),
      await file('3.json', [zipkin]),
      await file('4.json', again),
    ]
    const orders = [files, files.toReversed()]
    const [one, other] = await Promise.all(orders.map((order) => stitched(...order)))
    expect(one?.timelines.map(({ spans }) => spans.map(({ name, depth, warnings }) => [name, depth, ...warnings]))).toEqual([
      [
        ['GET', 0, 'duplicate'],
        ['otlp', 1],
        ['zipkin', 2],
      ],
    ])
    expect(other).toEqual(one)
  })

  test('says of a directory that it is one', async () => {
    expect(await stitched(folder)).toMatchObject({ code: 1, refused: [{ reason: 'this is a directory: name the files in it' }] })
  })

  test('says that the trace which was asked for is not there', async () => {
    const program = phaseline(['stitch', await file('none.json', jaeger('a', 1)), '--trace', 'ff'])
    expect(await program.ended()).toBe(1)
    expect(program.complained()).toContain('there is no trace ff in what could be read')
  })

  test('without --json draws every trace', async () => {
    const program = phaseline(['stitch', await file('one.json', jaeger('a', 1))])
    expect(await program.ended()).toBe(0)
    expect(program.said()).toContain('GET [shop]')
  })

  test('without a file says how', async () => {
    const program = phaseline(['stitch'])
    expect(await program.ended()).toBe(1)
    expect(program.complained()).toContain('which files?')
  })
})

describe('phaseline import', () => {
  let collector: Awaited<ReturnType<typeof collect>>
  beforeAll(async () => void (collector = await collect({ otlpPort: 0 })))
  afterAll(() => collector.close())

  test('puts files into a running collector, and says what it refused', async () => {
    const good = await file('import.json', jaeger('c', 1_790_000_000_000_000))
    const bad = await file('bad.json', { data: [{ traceID: 'd', spans: [{ operationName: 'x' }] }] })
    const program = phaseline(['import', good, bad, '--to', `http://127.0.0.1:${collector.otlpPort}`])
    expect(await program.ended()).toBe(1)
    expect(program.said()).toContain('1 spans of 1 traces sent')
    expect(program.complained()).toMatch(/bad\.json data\[0\]\.spans\[0\]: no span id/)
    expect(collector.stats()).toMatchObject({ accepted: 1, refused: 0 })
  })

  test('goes on after a request that the collector takes nothing of, and says why', async () => {
    const answers = [400, 200]
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(answers.shift() ?? 500).end('no such thing'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const files = [await file('400.json', jaeger('a', 1)), await file('200.json', jaeger('b', 1))]
    const program = phaseline(['import', ...files, '--to', to])
    expect(await program.ended()).toBe(1)
    expect(program.said()).toContain('1 spans of 2 traces sent')
    expect(program.complained()).toContain(`refused by ${to}: 1 spans: no such thing`)
    server.close()
  })

  test('--data puts them into a folder that no collector has, however old they are', async () => {
    const data = join(folder, 'data')
    const program = phaseline(['import', await file('old.json', jaeger('c', 1_000_000_000_000_000)), '--data', data])
    expect(await program.ended()).toBe(0)
    expect(program.said()).toContain('1 spans of 1 traces sent')
    const later = await collect({ data, otlpPort: 0 })
    expect(await later.store.timeline('c'.padStart(32, '0'))).toBeDefined()
    const inUse = phaseline(['import', await file('late.json', jaeger('d', 1)), '--data', data])
    expect(await inUse.ended()).toBe(1)
    expect(inUse.complained()).toMatch(/^phaseline: [^\n]+\n$/)
    await later.close()
  })

  test('says in a line that no collector is there', async () => {
    const program = phaseline(['import', await file('none.json', jaeger('c', 1)), '--to', 'http://127.0.0.1:9'])
    expect(await program.ended()).toBe(1)
    expect(program.complained()).toBe(
      'phaseline: nothing answers at http://127.0.0.1:9: is the collector running? (phaseline collect)\n',
    )
  })
})

describe('phaseline export', () => {
  test.each([[], ['--jaeger'], ['--timelines']])(
    'writes what a collector has in a form that stitches to the same spans %j',
    async (...form: string[]) => {
      const running = phaseline(['collect', '--memory', '--port', '0', '--otlp-port', '0', '--grpc-port', '0'])
      const [, page = ''] = await running.says(/^(http:\S+)\n/)
      const [, otlp = ''] = await running.says(/OTLP\/HTTP on (http:\S+)/)
      const before = await file('before.json', jaeger('e', 1_790_000_000_000_000))
      expect(await phaseline(['import', before, '--to', otlp]).ended()).toBe(0)
      await vi.waitFor(async () => {
        const list = (await (await fetch(new URL('/api/timelines', page))).json()) as { items: unknown[] }
        expect(list.items).toHaveLength(1)
      }, 45_000)
      const after = join(folder, 'after.json')
      expect(await phaseline(['export', '--page', page, '-o', after, ...form]).ended()).toBe(0)
      const exported = form.includes('--timelines')
        ? (JSON.parse(await readFile(after, 'utf8')) as Output)
        : await stitched(after)
      const [first, second] = [await stitched(before), exported].map(({ timelines }) =>
        timelines.flatMap(({ spans }) =>
          spans.map(({ spanId, start, end, service, name }) => [spanId, start, end, service, name]),
        ),
      )
      expect(second).toEqual(first)
      const missing = phaseline(['export', 'f'.repeat(32), '--page', page])
      expect(await missing.ended()).toBe(1)
      expect(missing.complained()).toContain('there is no trace')
      const nowhere = phaseline(['export', '--page', page, '-o', join(folder, 'none', 'after.json')])
      expect(await nowhere.ended()).toBe(1)
      expect(nowhere.complained()).toMatch(/^phaseline: .*after\.json cannot be written \(.*\n$/)
      await running.stop()
    },
  )
})

const samples = resolve(import.meta.dirname, '../../../shared/samples')
const absent = !existsSync(samples)
if (absent) console.warn(`skipped: the sample traces are not at ${samples}; they are others' and do not come with the project`)

describe.skipIf(absent)('the sample traces of Zipkin and Jaeger', () => {
  const files = absent ? [] : globSync('*/*.json', { cwd: samples })
  let output: Output
  beforeAll(async () => void (output = await stitched(...files.map((name) => join(samples, name)))))
  const timeline = (id: string): TimelineJson => output.timelines.find(({ traceId }) => traceId.endsWith(id)) as TimelineJson

  test('are read whole: every id that is in a file is on a timeline', async () => {
    expect(output.refused).toEqual([])
    const known = new Set(output.timelines.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)))
    for (const name of files) {
      const ids = (await readFile(join(samples, name), 'utf8')).matchAll(/"(?:id|spanId)": "([0-9a-f]{16})"/g)
      for (const [, id] of ids) if (!(name.startsWith('otlp') && /^0{14}ff$/.test(id as string))) expect(known).toContain(id)
    }
  })

  test('add up to the nanosecond', () => {
    const sum = (list: readonly string[]): bigint => list.reduce((total, ns) => total + BigInt(ns), 0n)
    for (const { durationNs, phases, spans } of output.timelines) {
      expect(sum(Object.values(phases))).toBe(BigInt(durationNs))
      expect(sum(spans.map(({ criticalNs }) => criticalNs))).toBe(BigInt(durationNs))
    }
  })

  test('the skewed one: the server is moved by 65.922 ms into its client, and what ran there with it', () => {
    const { clocks, spans } = timeline('1e223ff1f80f1c69')
    expect(clocks).toMatchObject([{ host: '192.0.0.0', offsetNs: '-65922000', lowNs: '-66403000', highNs: '-65441000' }])
    const [get, client, server, async] = spans as [SpanJson, SpanJson, SpanJson, SpanJson]
    expect([get.kind, client.kind, server.kind, async.name]).toEqual(['SERVER', 'CLIENT', 'SERVER', 'async'])
    expect(BigInt(server.start) - BigInt(client.start)).toBe(BigInt(client.end) - BigInt(server.end))
    expect(async.parentSpanId).toBe(server.spanId)
  })

  test('the pages that a mobile page led to move no clock: nobody waited for them', () => {
    const { clocks } = timeline('14b60fd9ae504820')
    for (const { offsetNs } of clocks) expect(Math.abs(Number(offsetNs))).toBeLessThan(3_000_000)
  })

  test('a consumer is off the path of its producer', () => {
    const { spans } = timeline('5aab74dbb904746bb33447baae403ed6')
    expect(spans.map(({ name, criticalNs }) => [name, criticalNs])).toEqual([
      ['get /', '2826000'],
      ['publish', '13000'],
      ['next-message', '0'],
      ['on-message', '0'],
    ])
  })
})
