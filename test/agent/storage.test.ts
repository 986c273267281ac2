import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { createContextKey, ROOT_CONTEXT, type Context } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { nodeFrames, nodeStorage } from '../../src/agent/frames.ts'
import { ownStorage, type Storage } from '../../src/agent/storage.ts'

const KEY = createContextKey('test')
const context = (name: string): Context => ROOT_CONTEXT.setValue(KEY, name)
const [outer, inner] = [context('outer'), context('inner')]

test('the frames of this Node are found where it has some', () => {
  expect(nodeFrames() !== undefined).toBe(Number(process.versions.node.split('.')[0]) >= 24)
})

/** Our way of entering a context must not be told from Node's. */
describe.each<[string, Storage]>([
  ['ours', ownStorage],
  ['as Node has it', nodeStorage],
])('context, %s', (_name, storage) => {
  const now = (): unknown => storage.getStore()?.getValue(KEY)

  test('is that of the innermost call, then of the one around it, then none', () => {
    const seen = [now()]
    storage.run(outer, () => {
      seen.push(now())
      seen.push(storage.run(inner, now))
      seen.push(now())
    })
    expect([...seen, now()]).toEqual([undefined, 'outer', 'inner', 'outer', undefined])
  })

  test('is kept across awaits, timers, events of the loop and callbacks, whatever was entered meanwhile', async () => {
    const each = async (store: Context): Promise<unknown[]> => {
      const seen = [now()]
      await Promise.resolve()
      seen.push(now())
      await turn()
      seen.push(now())
      seen.push(await new Promise((resolve) => process.nextTick(() => resolve(now()))))
      return [store.getValue(KEY), ...seen]
    }
    const [first, second] = await Promise.all([
      storage.run(outer, () => each(outer)),
      storage.run(inner, () => each(inner)),
      storage.run(context('other'), () => turn()),
    ])
    expect(first).toEqual(['outer', 'outer', 'outer', 'outer', 'outer'])
    expect(second).toEqual(['inner', 'inner', 'inner', 'inner', 'inner'])
    expect(now()).toBeUndefined()
  })

  test('is restored when what is called throws', () => {
    storage.run(outer, () => {
      expect(() =>
        storage.run(inner, () => {
          throw new Error('oops')
        }),
      ).toThrow('oops')
      expect(now()).toBe('outer')
    })
  })

  test('leaves the stores of others alone: those around it, those within it, and those entered for good', async () => {
    const [theirs, more] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()]
    await theirs.run('around', async () => {
      await storage.run(outer, async () => {
        expect([now(), theirs.getStore()]).toEqual(['outer', 'around'])
        theirs.run('within', () =>
          expect([now(), storage.run(inner, now), theirs.getStore()]).toEqual(['outer', 'inner', 'within']),
        )
        storage.run(inner, () => more.enterWith('entered'))
        expect([now(), theirs.getStore(), more.getStore()]).toEqual(['outer', 'around', 'entered'])
        await turn()
        expect([now(), theirs.getStore(), more.getStore()]).toEqual(['outer', 'around', 'entered'])
      })
      expect([now(), theirs.getStore()]).toEqual([undefined, 'around'])
    })
  })

  test('is what a resource or a snapshot was made in', () => {
    const resource = storage.run(inner, () => new AsyncResource('test'))
    const snapshot = storage.run(outer, () => AsyncLocalStorage.snapshot())
    expect([resource.runInAsyncScope(now), snapshot(now), now()]).toEqual(['inner', 'outer', undefined])
  })

  test('arguments, and what is given back, pass through', () => {
    expect(storage.run(outer, (a: number, b: number) => [now(), a + b], 1, 2)).toEqual(['outer', 3])
  })
})
