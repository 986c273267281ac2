/**
 * Regular expressions of URL patterns are written as in Django: `(?P<name>…)`, word and digit classes that know all scripts,
 * `.` that matches all but a line feed. Here they are turned into the `v` mode of JavaScript's, token by token.
 */
const WORD = '\\p{L}\\p{N}_'
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

const OUTSIDE: Readonly<Record<string, string>> = {
  A: '^',
  Z: '$',
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
}

/** The end, or a line feed there: that is what `$` means in Python. What has to match whole is compiled so that none slips through. */
const END = '(?=\\n?$)'

const CLASSES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  s: `[${SPACE}]`,
  S: `[^${SPACE}]`,
  a: '\\x07',
}

/** A character that stands for itself, in and outside of brackets. */
function literal(char: string): string {
  return /[\p{L}\p{N}_]/u.test(char) ? char : `\\u{${(char.codePointAt(0) as number).toString(16)}}`
}

/** Reads the text from left to right. */
interface Cursor {
  readonly text: string
  at: number
  /** Names of groups so far: JavaScript would let alternatives share one, Python does not. */
  readonly names: Set<string>
  /** How many groups that capture have begun: a reference to a later one is an error, which JavaScript would let pass. */
  groups: number
}

function take(cursor: Cursor, expression: RegExp): string | undefined {
  expression.lastIndex = cursor.at
  const found = expression.exec(cursor.text)?.[0]
  if (found !== undefined) cursor.at += found.length
  return found
}

function escape(cursor: Cursor, inClass: boolean): string {
  const code = take(cursor, /x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}/y)
  if (code !== undefined) return `\\u{${code.slice(1)}}`
  const back = inClass ? undefined : take(cursor, /[1-9][0-9]?/y)
  if (back !== undefined) return reference(cursor, Number(back))
  const char = take(cursor, /[^]/uy)
  if (char === undefined) throw new SyntaxError('a backslash at the end')
  if (!inClass && OUTSIDE[char] !== undefined) return OUTSIDE[char]
  if (CLASSES[char] !== undefined) return CLASSES[char]
  if ('nrtfv0'.includes(char)) return `\\${char}`
  if (/[a-zA-Z]/.test(char)) throw new SyntaxError(`unknown escape \\${char}`)
  return literal(char)
}

function reference({ groups }: Cursor, number: number): string {
  if (number > groups) throw new SyntaxError(`there is no group ${number} to refer to`)
  return `(?:\\${number})`
}

function brackets(cursor: Cursor): string {
  let out = take(cursor, /\^/y) === undefined ? '[' : '[^'
  for (let first = true; ; first = false) {
    const char = take(cursor, /[^]/uy)
    if (char === undefined) throw new SyntaxError('a bracket is not closed')
    if (char === ']' && !first) return `${out}]`
    const isRange = char === '-' && !first && cursor.text[cursor.at] !== ']'
    out += char === '\\' ? escape(cursor, true) : isRange ? '-' : literal(char)
  }
}

function group(cursor: Cursor): string {
  if (take(cursor, /\?#[^)]*\)/y) !== undefined) return ''
  const back = take(cursor, /\?P=\w+\)/y)
  if (back !== undefined) return `\\k<${back.slice(3, -1)}>`
  const named = take(cursor, /\?P?<(?![=!])[^>]*>/y)
  if (named !== undefined) return `(?<${unique(cursor, named.slice(named.indexOf('<') + 1, -1))}>`
  const special = take(cursor, /\?(?:[:=!]|<[=!]|[imsx-]+:)/y)
  if (special === undefined) cursor.groups++
  return `(${special ?? ''}`
}

function unique(cursor: Cursor, name: string): string {
  const { names } = cursor
  if (names.has(name)) throw new SyntaxError(`two groups are named ${name}`)
  names.add(name)
  cursor.groups++
  return name
}

function quantifier(cursor: Cursor): string {
  const bounds = take(cursor, /\{(?:\d+(?:,\d*)?|,\d+)\}/y)
  if (bounds !== undefined) return bounds.replace('{,', '{0,')
  cursor.at++
  return literal('{')
}

function token(cursor: Cursor): string {
  const char = cursor.text[cursor.at] as string
  if (char === '{') return quantifier(cursor)
  const taken = take(cursor, /[^]/uy) as string
  if (taken === '\\') return escape(cursor, false)
  if (taken === '[') return brackets(cursor)
  if (taken === '(') return group(cursor)
  if (taken === '.') return '[^\\n]'
  if (taken === '$') return END
  return '^|)*+?'.includes(taken) ? taken : literal(taken)
}

/**
 * Compiles the text of a pattern. Throws a `SyntaxError` for what is no regular expression.
 * @param text may begin with flags: `(?i)`
 */
export function compile(text: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(text)
  const cursor: Cursor = { text: flags === null ? text : text.slice(flags[0].length), at: 0, names: new Set(), groups: 0 }
  let source = ''
  while (cursor.at < cursor.text.length) source += token(cursor)
  return new RegExp(source, `v${flags?.[1]?.includes('i') === true ? 'i' : ''}`)
}

/** The text as a pattern that matches just it. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|#&~\s-]/g, '\\$&')
}
