import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OpenBlock, Term, TermSet } from '../../src/store/sqlite/open-block.ts'
import { noRows, rowsIn } from '../../src/store/sqlite/postings.ts'

const HASHES = 12
const some = fc.uniqueArray(fc.nat(HASHES - 1), { maxLength: 6 })
/** A row, its terms alone, its sets, and whether somebody looks at the block before. */
const arrival = fc.record({
  row: fc.nat(1_023),
  alone: some,
  sets: fc.uniqueArray(fc.nat(3), { maxLength: 4 }),
  looked: fc.boolean(),
})

test('terms have the same rows whether they come alone or in sets, in whatever order, whenever somebody looks at them', () => {
  fc.assert(
    fc.property(fc.array(some, { minLength: 4, maxLength: 4 }), fc.array(arrival, { maxLength: 60 }), (made, arrivals) => {
      const block = new OpenBlock()
      // Two of the same hash, as those of a value of two attributes.
      const terms = [...Array(HASHES * 2).keys()].map((hash) => new Term(2 ** 40 + (hash % HASHES)))
      const sets = made.map((hashes) => new TermSet(hashes.map((hash) => terms[hash + HASHES] as Term)))
      const wanted = new Map<number, Set<number>>()
      for (const { row, alone, sets: own, looked } of arrivals) {
        if (looked) block.all()
        block.add(row, { alone: alone.map((hash) => terms[hash] as Term), sets: own.map((set) => sets[set] as TermSet) })
        for (const hash of [...alone, ...own.flatMap((set) => made[set] ?? [])])
          wanted.set(2 ** 40 + hash, (wanted.get(2 ** 40 + hash) ?? new Set()).add(row))
      }
      const inOrder = [...wanted].map(([term, rows]) => [term, [...rows].sort((a, b) => a - b)] as const)
      expect(new Map(block.sorted())).toEqual(new Map(inOrder))
      for (const [term, rows] of inOrder) {
        const read = noRows()
        block.read(term, read)
        expect(rowsIn(read)).toEqual(rows)
      }
    }),
  )
})

test('blocks of two stores that have the same terms take nothing from each other', () => {
  const term = new Term(2 ** 41)
  const terms = { alone: [term], sets: [new TermSet([new Term(2 ** 42)])] }
  const [first, second] = [new OpenBlock(), new OpenBlock()]
  first.add(1, terms)
  second.add(2, terms)
  first.add(3, terms)
  expect([...first.sorted()]).toEqual([
    [2 ** 41, [1, 3]],
    [2 ** 42, [1, 3]],
  ])
  expect([...second.sorted()]).toEqual([
    [2 ** 41, [2]],
    [2 ** 42, [2]],
  ])
})
