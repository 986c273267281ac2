/** A part of the whole, both from 0 to 1. */
export interface Part {
  readonly from: number
  readonly to: number
}

const FROM_LEFT = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█']

/**
 * A span's bar in so many columns: `█` its own time, `░` where one of its children works. Edges are drawn to an eighth of a
 * column at the right and half a column at the left (there are no other blocks); what is too short to be seen is a hair line.
 */
export function bar(span: Part, children: readonly Part[], columns: number): string {
  const cells = Array.from({ length: columns }, (_, index) => cell(span, children, { from: index, to: index + 1 }, columns))
  const drawn = cells.join('')
  if (drawn.trim() !== '') return drawn
  const at = Math.min(columns - 1, Math.floor(span.from * columns))
  return ' '.repeat(at) + hair(span.from * columns) + ' '.repeat(columns - at - 1)
}

function cell(span: Part, children: readonly Part[], column: Part, columns: number): string {
  const inside = { from: Math.max(column.from, span.from * columns), to: Math.min(column.to, span.to * columns) }
  const width = inside.to - inside.from
  if (width < 1 / 16) return ' '
  if (children.reduce((sum, child) => sum + overlap(child, inside, columns), 0) > width / 2) return '░'
  if (width > 15 / 16) return '█'
  if (inside.from === column.from) return FROM_LEFT[Math.max(0, Math.round(width * 8) - 1)] as string
  if (inside.to === column.to) return width > 5 / 16 ? '▐' : '▕'
  return hair(inside.from)
}

function overlap(child: Part, inside: Part, columns: number): number {
  return Math.max(0, Math.min(child.to * columns, inside.to) - Math.max(child.from * columns, inside.from))
}

function hair(at: number): string {
  return at % 1 < 0.5 ? '▏' : '▕'
}
