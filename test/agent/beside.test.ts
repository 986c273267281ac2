import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

interface Said {
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
}

const run = promisify(execFile)

async function spansOf(order: string): Promise<Said[]> {
  const { stdout } = await run(process.execPath, [`${import.meta.dirname}/apps/beside.cjs`, order])
  return JSON.parse(stdout) as Said[]
}

/** Each of our phases with all that it is part of. */
function sentences(spans: readonly Said[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const sentence = ({ name, parent = '' }: Said): string => {
    const up = byId.get(parent)
    return up === undefined ? name : `${sentence(up)} > ${name}`
  }
  return spans.filter(({ attributes }) => attributes['phaseline.phase'] !== undefined).map(sentence)
}

test.each(['before', 'after'])(
  'beside an SDK that instruments HTTP and Express, and was started %s us, a request is one trace: ours within theirs',
  async (order) => {
    const spans = await spansOf(order)
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(['0af7651916cd43dd8448eb211c80319c']))
    const both = 'GET /books/:id > GET /books/:id'
    const expected = [
      `${both} > handler > resolve`,
      `${both} > handler > session process_request`,
      expect.stringMatching(/> handler > test\/agent\/apps\/beside\.cjs:\d+ process_request$/),
      `${both} > handler > view book`,
      `${both} > handler`,
      `${both} > respond`,
      both,
    ]
    expect(sentences(spans)).toEqual(expect.arrayContaining(expected))
    const theirs = spans.find(({ parent }) => parent === 'b7ad6b7169203331')
    expect(theirs).toMatchObject({ name: 'GET /books/:id', attributes: { 'http.route': '/books/:id' } })
    expect(theirs?.attributes['phaseline.phase']).toBeUndefined()
  },
)
