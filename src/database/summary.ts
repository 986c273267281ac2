/** After these a table's name follows; after those of `SOURCES` perhaps several, with commas between. */
const TARGETED = new Set(['INTO', 'JOIN', 'UPDATE', 'TABLE', 'CALL', 'PRAGMA', 'MERGE', 'TRUNCATE', 'VIEW'])
const KINDS = new Set(['TABLE', 'INDEX', 'VIEW', 'TRIGGER', 'SCHEMA', 'DATABASE', 'TYPE', 'SEQUENCE', 'FUNCTION', 'EXTENSION'])
const DEFINING = new Set(['CREATE', 'ALTER', 'DROP'])
const OPERATIONS = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'MERGE'])
/** `FOR UPDATE`, `ON DELETE CASCADE`, `DO UPDATE`, `ON DUPLICATE KEY UPDATE`: no operations. */
const NO_OPERATION_AFTER = new Set(['FOR', 'ON', 'DO', 'KEY', 'NO', 'OR'])
const BEFORE_TARGET = new Set(['ONLY', 'LATERAL', 'IF', 'NOT', 'EXISTS', 'TABLE', 'INTO', 'CONCURRENTLY', 'AS', 'IGNORE'])
const AFTER_SOURCES = new Set('WHERE GROUP ORDER HAVING LIMIT ON USING SET VALUES WINDOW RETURNING UNION EXCEPT'.split(' '))

const LONGEST = 255

/** Reads the tokens of a text in order; says its operations and their targets. */
export class Summary {
  private readonly words: string[] = []
  private before = ''
  private defining = ''
  private starting = true
  /** A target is next. */
  private expecting = false
  /** In a list of sources, at this depth: a comma is followed by another. */
  private listed = -1
  private qualified = false
  /** The last thing seen was a target, so that `.` qualifies it. */
  private targetEnds = false
  private depth = 0
  /** At which depths a SELECT or DELETE waits for its FROM, so that `extract(year FROM day)` has none. */
  private readonly awaiting: boolean[] = []

  /** @param isName a keyword or an identifier, quoted or not */
  token(token: string, isName: boolean): void {
    if (isName) this.name(token)
    else this.mark(token)
  }

  private mark(token: string): void {
    this.qualified = token === '.' && !this.expecting
    if (token === '(') this.depth++
    else if (token === ')') this.depth--
    else if (token === ';') this.starting = true
    this.expecting = token === ',' && this.listed === this.depth
    if (token === ';') this.listed = -1
  }

  /** A name is a qualifier's end, a target, or a keyword that says what comes. */
  private name(token: string): void {
    if (this.qualified && this.words.length > 0) {
      this.qualified = false
      if (this.targetEnds) this.words.push(`${this.words.pop()}.${token}`)
      return
    }
    this.targetEnds = false
    const word = token.toUpperCase()
    if (this.expecting && !BEFORE_TARGET.has(word) && word !== 'SELECT' && word !== 'VALUES') this.target(token)
    else this.keyword(word)
    this.before = word
    this.starting = false
  }

  private target(token: string): void {
    this.words.push(token)
    this.expecting = false
    this.targetEnds = true
  }

  private keyword(word: string): void {
    if (this.operation(word)) return
    if (this.defining !== '' && KINDS.has(word)) {
      this.words.push(`${this.defining} ${word}`)
      this.defining = ''
      this.expecting = true
    } else if (word === 'FROM' && this.awaiting[this.depth] === true && this.before !== 'DISTINCT') {
      this.awaiting[this.depth] = false
      this.expecting = true
      this.listed = this.depth
    } else if (TARGETED.has(word) && !NO_OPERATION_AFTER.has(this.before)) this.expecting = true
    else if (AFTER_SOURCES.has(word) && this.listed === this.depth) this.listed = -1
  }

  private operation(word: string): boolean {
    if (DEFINING.has(word) && this.starting) {
      this.defining = word
      return true
    }
    const operates = OPERATIONS.has(word) && !NO_OPERATION_AFTER.has(this.before) && (word !== 'REPLACE' || this.starting)
    if (!operates && (!this.starting || word === 'WITH' || word === 'EXPLAIN')) return false
    this.words.push(word)
    if (word === 'SELECT' || word === 'DELETE') this.awaiting[this.depth] = true
    this.expecting = TARGETED.has(word)
    return true
  }

  /** Operations and targets in order, cut between words. */
  toString(): string {
    let said = ''
    for (const word of this.words) {
      if (said.length + word.length >= LONGEST) break
      said += said === '' ? word : ` ${word}`
    }
    return said
  }
}
