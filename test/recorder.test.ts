import { afterEach, expect, test } from 'vitest'
import { label } from '../src/model/label.ts'
import { observer, phase } from '../src/model/observer.ts'
import { recorder, type Recorder } from './recorder.ts'

let record: Recorder
afterEach(() => record.restore())

test('sentences tell the way to each leaf, what failed and what has not ended', async () => {
  record = recorder()
  const gateway = observer.open(label('gateway', 'GET /books/:id'), undefined, 0)
  await observer.run(
    gateway,
    async () => {
      await phase(label('view', 'view bookPage'), async () => {
        await Promise.resolve()
        phase(label('render', 'render book'), () => 1)
      })
      observer.begin(label('respond', 'respond'))?.fail(new TypeError('x'))
    },
    undefined,
  )
  gateway.end()
  await record.ended()
  expect(record.sentences()).toEqual([
    'gateway GET /books/:id > view bookPage > render book',
    'gateway GET /books/:id > respond !TypeError …',
  ])
})

test('self time is the duration less the union of the children', () => {
  record = recorder()
  const root = observer.open(label('gateway', 'GET'), undefined, 0)
  for (const [from, to] of [
    [1, 4],
    [3, 6],
    [8, 12],
  ] as const)
    observer.begin(label('db', 'q'), root, from)?.end(to)
  root.end(10)
  expect([record.find('gateway').duration, record.find('gateway').self]).toEqual([10, 3])
})

test('nothing begins under a phase that nobody records', () => {
  record = recorder({ recording: false })
  const root = observer.open(label('gateway', 'GET'))
  expect(observer.begin(label('view', 'view x'), root)).toBeUndefined()
})
