/**
 * From the text of a pattern to the texts it can be written back as. Rules as in Django: optional parts are left out or stand
 * once, repetitions as few times as allowed, of a class its first character, of `\w` or `\d` any representative; only the
 * outermost of nested groups counts, and alternatives outside a captured group cannot be reversed.
 */

/** A text with places for parameters. */
export interface Candidate {
  /** Text, and the names of parameters in objects. */
  readonly pieces: readonly Piece[]
  /** The names of the parameters, in order; unnamed ones are `_0`, `_1`, … */
  readonly params: readonly string[]
}
type Piece = string | { readonly param: string; readonly counts: boolean }

type Node = Piece | { readonly sequence: readonly Node[] } | { readonly optional: Node }

const REPRESENTATIVES: Readonly<Record<string, string>> = { d: '0', D: 'x', s: ' ', S: 'x', w: 'x', W: '!' }
const NOTHING = 'AbBZ'

interface Char {
  readonly char: string
  readonly escaped: boolean
}

/** The characters of the text; escapes are one, by their representative. */
function characters(text: string): Char[] {
  const out: Char[] = []
  const chars = Array.from(text)
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string
    if (char !== '\\') out.push({ char, escaped: false })
    else if (++i < chars.length && !NOTHING.includes(chars[i] as string))
      out.push({ char: REPRESENTATIVES[chars[i] as string] ?? (chars[i] as string), escaped: true })
  }
  return out
}

class Alternative extends Error {}

class Reader {
  readonly #chars: readonly Char[]
  #at = 0
  #unnamed = 0

  constructor(text: string) {
    this.#chars = characters(text)
  }

  #is(char: string): boolean {
    const next = this.#chars[this.#at]
    return next !== undefined && !next.escaped && next.char === char
  }

  /** Reads up to the end of the text, or of the group. */
  sequence(): Node[] {
    const out: Node[] = []
    for (;;) {
      const next = this.#chars[this.#at]
      if (next === undefined) return out
      if (this.#is(')') || this.#is('$')) return out
      this.#at++
      if (next.escaped) out.push(next.char)
      else this.#special(next.char, out)
    }
  }

  #special(char: string, out: Node[]): void {
    if (char === '^') return
    if (char === '|') throw new Alternative()
    if (char === '[') out.push(this.#class())
    else if (char === '(') this.#group(out)
    else if ('*?+{'.includes(char)) this.#quantify(char, out)
    else out.push(char)
  }

  /** Of a class the first character stands for all. */
  #class(): string {
    const first = this.#chars[this.#at++]?.char ?? ''
    while (this.#at < this.#chars.length && !this.#is(']')) this.#at++
    this.#at++
    return first
  }

  #group(out: Node[]): void {
    if (!this.#is('?')) return void out.push(this.#captured(`_${this.#unnamed++}`))
    this.#at++
    if (this.#is(':')) {
      this.#at++
      const sequence = this.sequence()
      this.#at++
      return void out.push({ sequence })
    }
    const name = this.#name()
    if (name === undefined) this.#skip()
    else if (name.back) out.push({ param: name.text, counts: false })
    else out.push(this.#captured(name.text))
  }

  /** The name of `?P<name>`, `?<name>` or `?P=name`; nothing for what only looks around. */
  #name(): { text: string; back: boolean } | undefined {
    const rest = this.#chars.slice(this.#at, this.#at + 80).map(({ char, escaped }) => (escaped ? '\\' : char))
    const found = /^(?:P?<([^=!>][^>]*)>|P=([^)]+)\))/.exec(rest.join(''))
    if (found !== null) {
      this.#at += Array.from(found[0]).length
      return found[1] === undefined ? { text: found[2] as string, back: true } : { text: found[1], back: false }
    }
    if (!'!=<#'.includes(rest[0] ?? '')) throw new SyntaxError(`(?${rest[0] ?? ''} cannot be reversed`)
    return undefined
  }

  #captured(param: string): Piece {
    this.#skip()
    return { param, counts: true }
  }

  /** To the end of the group that is open. */
  #skip(): void {
    for (let depth = 1; depth > 0 && this.#at < this.#chars.length; this.#at++) {
      if (this.#is('(')) depth++
      else if (this.#is(')')) depth--
    }
  }

  #quantify(char: string, out: Node[]): void {
    const least = char === '{' ? this.#least() : char === '+' ? 1 : 0
    if (this.#is('?')) this.#at++
    const last = out.pop()
    if (last === undefined) return
    if (least > 0) for (let i = 0; i < least; i++) out.push(last)
    else if (captures(last)) out.push({ optional: last })
  }

  /** The first number of `{2,5}`. */
  #least(): number {
    let text = ''
    while (this.#at < this.#chars.length && !this.#is('}')) text += (this.#chars[this.#at++] as Char).char
    this.#at++
    return Number.parseInt(text.split(',')[0] as string, 10) || 0
  }
}

/** Not what is optional inside already: as in Django, `(?:a(?:b(c)?)?)?` is written back as nothing at all. */
function captures(node: Node): boolean {
  if (typeof node === 'string' || 'optional' in node) return false
  return 'param' in node || node.sequence.some(captures)
}

const EMPTY: Candidate = { pieces: [], params: [] }

function expand(node: Node): Candidate[] {
  if (typeof node === 'string') return [{ pieces: [node], params: [] }]
  if ('param' in node) return [{ pieces: [node], params: node.counts ? [node.param] : [] }]
  if ('optional' in node) return [EMPTY, ...expand(node.optional)]
  let out = [EMPTY]
  for (const part of node.sequence) {
    const tails = expand(part)
    out = out.flatMap((head) => tails.map((tail) => join(head, tail)))
  }
  return out
}

const join = (a: Candidate, b: Candidate): Candidate => ({
  pieces: [...a.pieces, ...b.pieces],
  params: [...a.params, ...b.params],
})

/** What the pattern can be written back as, the shortest first. Throws a `SyntaxError` for what cannot be reversed at all. */
export function candidates(text: string): Candidate[] {
  try {
    return expand({ sequence: new Reader(text).sequence() })
  } catch (error) {
    if (error instanceof Alternative) return [EMPTY]
    throw error
  }
}

/** Puts the texts in their places. */
export function fill({ pieces }: Candidate, texts: ReadonlyMap<string, string>): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : (texts.get(piece.param) ?? ''))).join('')
}
