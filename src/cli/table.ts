import { fit, safe, type Paint, type Style } from './terminal-text.ts'

/** A column of a table: what it says of an item, and how it looks. */
export interface Column<Item> {
  readonly title: string
  /** In columns of the terminal; undefined for the one that takes what is left. */
  readonly width?: number
  readonly right?: boolean
  /** Left out where the whole table has fewer columns than this: what is left can then be read. */
  readonly from?: number
  readonly text: (item: Item) => string
  /** Undefined: as it is. */
  readonly style?: (item: Item) => Style | undefined
}

/** A table as lines of exactly so many columns: a dim heading, and one line per item. What does not fit is cut with `…`. */
export function table<Item>(all: readonly Column<Item>[], items: readonly Item[], width: number, paint: Paint): string[] {
  const columns = all.filter(({ from = 0 }) => width >= from)
  const fixed = columns.reduce((sum, column) => sum + (column.width ?? 0), 0) + columns.length - 1
  const widths = columns.map((column) => column.width ?? Math.max(8, width - fixed))
  const line = (cells: readonly string[]): string => cells.join(' ').trimEnd()
  const cell = (text: string, place: number): string => {
    const size = widths[place] as number
    return columns[place]?.right === true && text.length < size ? text.padStart(size) : fit(text, size)
  }
  const heading = line(columns.map(({ title }, place) => cell(title, place)))
  const lines = items.map((item) =>
    line(
      columns.map((column, place) => {
        const text = cell(safe(column.text(item)), place)
        const style = column.style?.(item)
        return style === undefined || text.trim() === '' ? text : paint(style, text)
      }),
    ),
  )
  return [paint('dim', heading), ...lines]
}
