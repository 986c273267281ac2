import { styleText } from 'node:util'

/** One of the sixteen colours that every terminal's theme has, or a weight. */
export type Style = Parameters<typeof styleText>[0]
/** Puts a style on a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** @param colour false: every text stays as it is */
export function painter(colour: boolean): Paint {
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text
}

/** Names come from anywhere: what a terminal would take as a command is shown as `�`. */
export function safe(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '�')
}

/** A text in exactly so many columns: cut with `…`, or filled with spaces. */
export function fit(text: string, columns: number): string {
  const characters = Array.from(text)
  if (characters.length > columns) return characters.slice(0, Math.max(0, columns - 1)).join('') + (columns > 0 ? '…' : '')
  return text + ' '.repeat(columns - characters.length)
}

/** Words, joined and broken into lines of at most so many columns, the later ones indented. */
export function wrapped(words: readonly string[], separator: string, columns: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const longer = line === '' ? word : `${line}${separator}${word}`
    if (line !== '' && longer.length + indent.length > columns) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line].map((each, index) => (index === 0 ? each : indent + each))
}

/** What standard output is: so many columns, and whether it takes colours (`NO_COLOR` is heeded). */
export function screen(): { width: number; colour: boolean } {
  // What is no terminal has neither of these.
  const out: { columns?: number; isTTY?: boolean } = process.stdout
  return { width: out.columns || 80, colour: out.isTTY === true && process.stdout.hasColors() }
}
