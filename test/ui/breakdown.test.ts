import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PHASE_IDS } from '../../src/model/phases.ts'
import { breakdown, permilles } from '../../src/ui/breakdown.ts'
import { PHASE_ORDER, phaseLook } from '../../src/ui/phases.ts'

test('whatever the parts, their thousandths add up to 1000 and none is off by one or more', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 1, maxLength: 40 }), (parts) => {
      const total = parts.reduce((sum, part) => sum + part, 0)
      fc.pre(total > 0)
      const rounded = permilles(parts)
      expect(rounded.reduce((sum, part) => sum + part, 0)).toBe(1000)
      rounded.forEach((value, at) => expect(Math.abs(value - ((parts[at] as number) / total) * 1000)).toBeLessThan(1))
    }),
  )
})

test('nothing has no shares', () => {
  expect(permilles([0, 0])).toEqual([0, 0])
  expect(breakdown({})).toEqual([])
})

test('phases come in the order of a request’s life, whatever order they are told in', () => {
  const shares = breakdown({ gap: '10', 'client.receive': '20', view: '30', dns: '40', db: '0' })
  expect(shares.map(({ phase, permille }) => [phase.id, permille])).toEqual([
    ['dns', 400],
    ['view', 300],
    ['client.receive', 200],
    ['gap', 100],
  ])
})

test('phases that nobody knows are counted together, never lost', () => {
  const shares = breakdown({ view: '1', 'quantum.leap': '1', other: '2' })
  expect(shares.map(({ phase, ns }) => [phase.id, ns])).toEqual([
    ['view', 1],
    ['other', 3],
  ])
})

test('every phase of the table has its words and its colour', () => {
  expect(PHASE_ORDER.slice(0, -2)).toEqual(PHASE_IDS)
  for (const id of PHASE_IDS) expect(phaseLook(id).id).toBe(id)
})
