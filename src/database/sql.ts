import { Summary } from './summary.ts'

/**
 * What a span may say of an SQL text: the text without its literals, and a summary of few values, both as the semantic
 * conventions for database spans (1.45, "Sanitization of db.query.text", "Generating a summary of the query") have them.
 */
export interface Summed {
  /** The text with each literal as `?`, lists of them as one, comments and needless white space gone. */
  readonly text: string
  /** `SELECT book`, `INSERT review`: operations with their targets, at most 255 characters; '' if there is nothing to say. */
  readonly summary: string
}

/** `ansi`: SQLite and PostgreSQL; `mysql`: a backslash escapes, and double quotes delimit strings. */
export type Dialect = 'ansi' | 'mysql'

/** What is longer is cut: it bounds the time of the scan (measured: 35 ns a token) and the size of the attribute. */
const LONGEST = 8_192

// An unterminated string or comment goes on to the end, so that a cut never shows half a literal.
const COMMENT = String.raw`--[^\n]*|/\*[\s\S]*?(?:\*/|$)`
const STRING = String.raw`(?:[bnx]|u&)?'(?:[^']|'')*(?:'|$)`
const ESCAPED = String.raw`'(?:[^'\\]|\\[\s\S]|'')*(?:'|$|\\$)`
const DOUBLE = String.raw`"(?:[^"]|"")*(?:"|$)`
const DOUBLE_ESCAPED = String.raw`"(?:[^"\\]|\\[\s\S]|"")*(?:"|$|\\$)`
const DOLLARS = String.raw`\$(?<tag>[a-z_]\w*)?\$[\s\S]*?(?:\$\k<tag>\$|$)`
const NUMBER = String.raw`(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)`
const NAME = String.raw`[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|\x60[^\x60]*(?:\x60|$)`
const PARAMETER = String.raw`\?\d*|[$:@][a-z_]\w*|\$\d+`

const scanner = (literal: string, name: string): RegExp =>
  new RegExp(
    String.raw`(?<space>\s+|${COMMENT})|(?<literal>${literal}|${NUMBER})|(?<parameter>${PARAMETER})|(?<name>${name})|::|[\s\S]`,
    'giy',
  )

const SCANNERS: Readonly<Record<Dialect, RegExp>> = {
  ansi: scanner(`e${ESCAPED}|${STRING}|${DOLLARS}`, `${NAME}|${DOUBLE}`),
  mysql: scanner(`[bnx]?${ESCAPED}|${DOUBLE_ESCAPED}`, NAME),
}

/** @param sql one statement or several; more than 8,192 characters are not looked at */
export function summed(sql: string, dialect: Dialect = 'ansi'): Summed {
  const summary = new Summary()
  let text = ''
  let gap = false
  for (const { 0: token, groups } of sql.slice(0, LONGEST).matchAll(SCANNERS[dialect])) {
    if (groups?.space !== undefined) {
      gap = text !== ''
      continue
    }
    text += (gap ? ' ' : '') + (groups?.literal === undefined ? token : '?')
    gap = false
    summary.token(token, groups?.name !== undefined)
  }
  text = collapsed(text)
  return { text: sql.length > LONGEST ? `${text} …` : text, summary: summary.toString() }
}

const VALUE = String.raw`(?:\?\d*|[$:@]\w+|null|default)(?:::\w+)?`
const LIST = new RegExp(String.raw`\b(in|values)( ?)\( ?${VALUE}(?: ?, ?${VALUE})+ ?\)`, 'gi')
const ROWS = /(\bvalues ?\([^()]*\))(?: ?, ?\([^()]*\))+/gi

/** `IN (?, ?, ?)` as `IN (?)` and `VALUES (?, ?), (?, ?)` as `VALUES (?)`: the number of values is no property of the query. */
function collapsed(text: string): string {
  return text.replace(LIST, '$1$2(?)').replace(ROWS, '$1')
}
