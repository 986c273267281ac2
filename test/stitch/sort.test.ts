import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byText, sort } from '../../src/stitch/sort.ts'

test('few and many things are sorted as the engine does it, equal ones in their order, where they are', () => {
  const things = fc.array(fc.record({ name: fc.string({ maxLength: 1 }), mark: fc.nat() }), { maxLength: 30 })
  fc.assert(
    fc.property(things, (list) => {
      const wanted = list.toSorted((a, b) => byText(a.name, b.name))
      expect(sort(list, (a, b) => byText(a.name, b.name))).toBe(list)
      expect(list).toEqual(wanted)
    }),
  )
})
