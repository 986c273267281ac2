import { afterEach, expect, test } from 'vitest'
import { label } from '../../src/model/label.ts'
import { observe, observed, observer, phase, type Observer, type Phase } from '../../src/model/observer.ts'

const work = label('model', 'Book.get')
let undo = (): void => {}
afterEach(() => undo())

/** Writes down what happens to the one phase it gives. */
function scribe(): { observer: Observer; said: string[] } {
  const said: string[] = []
  const one: Phase = {
    set: (key, value) => void said.push(`set ${key}=${String(value)}`),
    relabel: (next) => void said.push(`relabel ${next.name}`),
    fail: (error) => void said.push(`fail ${String(error)}`),
    end: () => void said.push('end'),
    before: () => undefined,
    propagate: () => ({ traceparent: '' }),
    traceId: '',
    spanId: '',
    recording: true,
  }
  return {
    said,
    observer: {
      open: () => one,
      begin: (begun) => (said.push(`begin ${begun.name}`), one),
      current: () => one,
      run: (_phase, fn, self, ...args) => (said.push('run'), fn.apply(self, args)),
    },
  }
}

test('with nobody watching, a phase is just the call', () => {
  expect(observed()).toBe(false)
  expect(phase(work, () => 7)).toBe(7)
  expect(observer.begin(work)).toBeUndefined()
})

test('a phase around a synchronous call begins, runs, ends', () => {
  const { observer: watching, said } = scribe()
  undo = observe(watching)
  expect(phase(work, () => (said.push('work'), 7))).toBe(7)
  expect(said).toEqual(['begin Book.get', 'run', 'work', 'end'])
})

test('what is thrown fails the phase and is thrown on', () => {
  const { observer: watching, said } = scribe()
  undo = observe(watching)
  expect(() =>
    phase(work, () => {
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(said).toEqual(['begin Book.get', 'run', 'fail Error: no', 'end'])
})

test('a phase around a promise ends when it settles', async () => {
  const { observer: watching, said } = scribe()
  undo = observe(watching)
  const { promise, resolve } = Promise.withResolvers<number>()
  const result = phase(work, () => promise)
  expect(said).toEqual(['begin Book.get', 'run'])
  resolve(7)
  expect(await result).toBe(7)
  expect(said.at(-1)).toBe('end')
  await expect(phase(work, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(said.slice(-2)).toEqual(['fail Error: no', 'end'])
})

test('observe gives back a way to put the former observer in place', () => {
  const first = scribe().observer
  const second = scribe().observer
  undo = observe(first)
  const back = observe(second)
  expect(observer).toBe(second)
  back()
  expect(observer).toBe(first)
})
