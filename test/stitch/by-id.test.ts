import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodesById } from '../../src/stitch/by-id.ts'
import { Node } from '../../src/stitch/node.ts'

const ids = fc.array(fc.constantFrom('', 'a', 'ffffffff00000001', '0000000000000001', 'eeeeeeee00000001', '0000000000000002'))

test('nodes are found by their ids as in a Map, whatever the ids have in common', () => {
  fc.assert(
    fc.property(ids, ids, (kept, asked) => {
      const own = nodesById(Math.max(1, kept.length))
      const map = new Map<string, Node>()
      for (const id of kept) {
        const node = new Node(null, id, 0, 0, 0)
        own.set(id, node)
        map.set(id, node)
      }
      for (const id of asked) expect(own.get(id)).toBe(map.get(id))
    }),
  )
})

test('a thousand ids that end alike are told apart', () => {
  for (const count of [500, 1_000]) {
    const own = nodesById(count)
    const nodes = Array.from({ length: count }, (_, at) => new Node(null, `${at}`.padStart(8, '0') + '00000000', 0, 0, 0))
    for (const node of nodes) own.set(node.spanId, node)
    for (const node of nodes) expect(own.get(node.spanId)).toBe(node)
  }
})
