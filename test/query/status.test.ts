import { expect, test } from 'vitest'
import { Arrivals } from '../../src/query/arrivals.ts'
import { statusJson } from '../../src/query/status.ts'
import { ClockBook } from '../../src/stitch/clock-book.ts'
import { running } from '../collector/running.ts'

test('hosts are told with what the book of clocks knows of them: who calls them, and how far off they are', async () => {
  const book = new ClockBook()
  book.learn([{ from: 'edge', to: 'app', low: 4_000_000, high: 6_000_000 }], 1_700_000_000_000)
  book.learn([{ from: 'edge', to: 'app', low: 3_000_000, high: 5_000_001 }], 1_700_000_001_000)
  book.learn([{ from: 'app', to: 'Böse', low: -20, high: 30 }], 1_700_000_000_000)
  book.learn([{ from: 'app', to: 'Böse', low: 40, high: 99 }], 1_700_000_000_000)
  const { store, stats } = await running().then((collector) => ({ store: collector.store, stats: collector.stats() }))
  const { hosts } = await statusJson({ ...stats, clocks: book.known() }, store, new Arrivals(), '1.0.0')
  expect(hosts).toEqual([
    {
      host: 'app',
      against: 'edge',
      offsetNs: '4500000',
      lowNs: '4000000',
      highNs: '5000001',
      pairs: 2,
      confidence: 'bounded',
      at: '2023-11-14T22:13:21.000Z',
    },
    {
      host: 'Böse',
      against: 'app',
      offsetNs: '0',
      lowNs: '-20',
      highNs: '30',
      pairs: 2,
      confidence: 'conflicting',
      at: '2023-11-14T22:13:20.000Z',
    },
  ])
})

test('hosts that are heard of often stay on the list, however many visitors’ browsers come by', async () => {
  const book = new ClockBook()
  for (const at of [0, 1, 2]) book.learn([{ from: 'edge', to: 'app', low: 4, high: 6 }], at)
  for (let visitor = 0; visitor < 600; visitor++) book.learn([{ from: 'edge', to: `visitor ${visitor}`, low: 4, high: 6 }], 3)
  const { store, stats } = await running().then((collector) => ({ store: collector.store, stats: collector.stats() }))
  const { hosts } = await statusJson({ ...stats, clocks: book.known() }, store, new Arrivals(), '1.0.0')
  expect([hosts.length, hosts.some(({ host }) => host === 'app')]).toEqual([500, true])
})
