import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startJaeger, until } from '../collector/jaeger.ts'
import { missing } from '../tools.ts'
import { watchedDemo } from './watcher.ts'

interface JaegerSpan {
  readonly spanID: string
  readonly operationName: string
  readonly references: { refType: string; spanID: string }[]
  readonly tags: { key: string; value: unknown }[]
}

test.skipIf(missing('jaeger'))(
  'a real Jaeger, fed by plain OTLP, has the same phases of a book page under the same parents',
  { timeout: 90_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'phaseline-jaeger-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const jaeger = await startJaeger(folder, 'memory')
    onTestFinished(() => jaeger.stop())
    const { watcher, stop } = await watchedDemo({ forward: [jaeger.otlp], jaegerUrl: jaeger.api })
    onTestFinished(stop)

    const ours = await watcher.next(({ name }) => name === 'GET /books/<int:id>/')
    const theirs = async (): Promise<JaegerSpan[]> => {
      const answer = await fetch(`${jaeger.api}/api/traces/${ours.traceId}`)
      return ((await answer.json()) as { data?: { spans: JaegerSpan[] }[] }).data?.[0]?.spans ?? []
    }
    await until(async () => (await theirs()).length >= ours.spans.length)

    const line = (id: string, parent: string | null | undefined, name: string, phase: unknown): string =>
      [id, parent ?? '-', name, phase].join(' ')
    const expected = ours.spans.map((span) => line(span.spanId, span.recordedParentSpanId, span.name, span.phase)).sort()
    const found = (await theirs()).map(({ spanID, references, operationName, tags }) => {
      const parent = references.find(({ refType }) => refType === 'CHILD_OF')?.spanID
      return line(spanID, parent, operationName, tags.find(({ key }) => key === 'phaseline.phase')?.value)
    })
    expect(found.sort()).toEqual(expected)
    expect(ours.jaegerUrl).toBe(`${jaeger.api}/trace/${ours.traceId}`)
    expect(expected.length).toBeGreaterThan(30)
  },
)
