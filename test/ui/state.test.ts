import { expect, test } from 'vitest'
import { actOf } from '../../src/ui/timeline/keys.ts'
import { act, firstView, type Act, type View } from '../../src/ui/timeline/state.ts'
import { bookshop } from '../query/bookshop.ts'
import { spanNamed, traceOf } from './traces.ts'

const shop = traceOf(bookshop())
const start = firstView(shop, null)
const after = (...acts: Act[]): View => acts.reduce(act, start)
const press = (...keys: string[]): View =>
  after(
    ...keys.map(
      (key) => actOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false }) ?? { type: 'escape' as const },
    ),
  )
const at = (view: View): string => shop.name(view.selected)

test('the arrows go from span to span and stop at the ends', () => {
  expect(at(press('ArrowDown'))).toBe('GET')
  expect(at(press('j', 'j', 'j'))).toBe('DNS lookup books.example')
  expect(at(press('j', 'k', 'k'))).toBe('GET')
  expect(at(press('End', 'ArrowDown'))).toBe('receive response')
  expect(at(press('End', 'Home'))).toBe('GET')
})

test('← closes an open span, then goes to its parent; → opens it, then goes inside', () => {
  const view = spanNamed(shop, 'view book_detail')
  const closed = after({ type: 'select', span: view }, { type: 'out' })
  expect(closed.rows).toHaveLength(shop.size - 4)
  expect(at(act(closed, { type: 'out' }))).toBe('handler')
  const opened = act(closed, { type: 'in' })
  expect(opened.rows).toHaveLength(shop.size)
  expect(at(act(opened, { type: 'in' }))).toBe('Book.get')
})

test('Enter opens the details of the selected span, and without one does nothing', () => {
  expect(press('Enter').details).toBe(false)
  expect(press('j', 'Enter').details).toBe(true)
})

test('Esc goes back one step at a time: details, search, phase, zoom, selection', () => {
  let view = after(
    { type: 'search', query: 'csrf' },
    { type: 'phase', phase: 'db' },
    { type: 'zoom', factor: 0.5 },
    { type: 'select', span: 3, details: true },
  )
  const state = (): unknown[] => [
    view.details,
    view.query,
    view.phase,
    view.range.to - view.range.from < shop.total,
    view.selected,
  ]
  const seen = [state()]
  for (let step = 0; step < 5; step++) {
    view = act(view, { type: 'escape' })
    seen.push(state())
  }
  expect(seen).toEqual([
    [true, 'csrf', 'db', true, 3],
    [false, 'csrf', 'db', true, 3],
    [false, '', 'db', true, 3],
    [false, '', null, true, 3],
    [false, '', null, false, 3],
    [false, '', null, false, -1],
  ])
})

test('a match inside a closed span opens it', () => {
  const closed = after({ type: 'toggle', span: 0 }, { type: 'search', query: 'Review.latest' })
  expect(closed.rows).toHaveLength(1)
  const found = act(closed, { type: 'match', direction: 1 })
  expect([at(found), found.rows.length]).toEqual(['Review.latest', shop.size])
})

test('collapsing all leaves the selection on a row that is there', () => {
  const all = after({ type: 'select', span: spanNamed(shop, 'SELECT book') }, { type: 'collapseAll' })
  expect([...all.rows]).toContain(all.selected)
  expect(at(all)).toBe('GET')
  expect(act(all, { type: 'expandAll' }).rows).toHaveLength(shop.size)
})

test('a later version of the timeline keeps what was selected, closed and searched for', () => {
  const view = spanNamed(shop, 'view book_detail')
  const before = after({ type: 'toggle', span: view }, { type: 'select', span: view }, { type: 'search', query: 'csrf' })
  const root = bookshop()
  const later = traceOf({ ...root, inside: [...(root.inside ?? []), { phase: null, name: 'late', from: 20, to: 30 }] })
  const renewed = act(before, { type: 'trace', trace: later })
  expect(later.name(renewed.selected)).toBe('view book_detail')
  expect([renewed.collapsed.size, renewed.matches.length]).toEqual([1, 3])
})

test('a span that the URL names is selected with its details open; an unknown one is not', () => {
  const id = shop.spanId(5)
  expect(firstView(shop, id)).toMatchObject({ selected: 5, details: true })
  expect(firstView(shop, 'ffff')).toMatchObject({ selected: -1, details: false })
})

test('keys with Ctrl, Alt or ⌘ are the browser’s', () => {
  const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false }
  expect(actOf({ ...plain, key: 'c', ctrlKey: true })).toBeUndefined()
  expect(actOf({ ...plain, key: 'q' })).toBeUndefined()
  expect(actOf({ ...plain, key: 'toString' })).toBeUndefined()
  expect(actOf({ ...plain, key: 'ArrowLeft', shiftKey: true })).toEqual({ type: 'pan', share: -0.15 })
})
