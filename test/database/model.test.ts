import { afterEach, beforeEach, expect, test } from 'vitest'
import { model, watchModel } from '../../src/database/model.ts'
import { label } from '../../src/model/label.ts'
import { observer, phase } from '../../src/model/observer.ts'
import { recorder, type Recorder } from '../recorder.ts'

class Books {
  readonly #titles = ['Emma', 'Persuasion']
  find(id: number): string | undefined {
    return this.#titles[id]
  }
  async slowly(id: number): Promise<string | undefined> {
    await Promise.resolve()
    return phase(label('db', 'SELECT book'), () => this.find(id))
  }
  broken(): void {
    throw new TypeError('broken')
  }
  readonly size = 2
}

let seen: Recorder
beforeEach(() => void (seen = recorder()))
afterEach(() => seen.restore())

const view = <Result>(work: () => Result): Result => observer.run(observer.open(label('view', 'view books')), work, undefined)

test('a method is a phase, named by its model, and answers as ever', () => {
  expect(view(() => watchModel('Book', new Books()).find(1))).toBe('Persuasion')
  expect(seen.sentences()).toEqual(['view books … > Book.find'])
})

test('an asynchronous method lasts until it has settled, and its queries hang under it', async () => {
  expect(await view(() => watchModel('Book', new Books()).slowly(0))).toBe('Emma')
  expect(seen.sentences()).toEqual(['view books … > Book.slowly > db SELECT book'])
})

test('a method that throws is a failed phase, and throws', () => {
  expect(() => view(() => watchModel('Book', new Books()).broken())).toThrow('broken')
  expect(seen.sentences()).toEqual(['view books … > Book.broken !TypeError'])
})

test('what is no method passes through, and a method is the same function each time', () => {
  const books = watchModel('Book', new Books())
  expect(books.size).toBe(2)
  expect(books).toBeInstanceOf(Books)
  expect(Reflect.get(books, 'find')).toBe(Reflect.get(books, 'find'))
})

test('a method that was replaced is called as it is now', () => {
  const repository = { find: () => 'old' }
  const books = watchModel('Book', repository)
  expect(books.find()).toBe('old')
  repository.find = () => 'new'
  expect(books.find()).toBe('new')
})

test('the former name still works', () => {
  expect(model).toBe(watchModel)
})
