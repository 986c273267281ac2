/** More of a head than this is no answer of a collector's. */
const MOST_HEAD = 32 << 10
/** What is kept of a body: a collector has little to say. */
const MOST_BODY = 64 << 10

type State = 'status' | 'header' | 'body' | 'size' | 'chunk' | 'after chunk' | 'trailer' | 'done'

/**
 * Reads one HTTP/1.1 response (RFC 9112) from the pieces in which it comes. Our own, because the code that node:http's clients
 * and servers have in common gets slower for the app's servers once there is a client in the process; measured: by 1 to 2 µs
 * a request.
 */
export class HttpAnswer {
  status = 0
  /** By their names in lower case; one that came twice is joined with a comma. */
  readonly headers: Map<string, string> = new Map<string, string>()
  /** Whether anything has come. */
  begun = false
  private state: State = 'status'
  private minor = 0
  private rest: Buffer = Buffer.alloc(0)
  private headSize = 0
  /** Bytes to come of the body, or of its chunk; Infinity: until the connection ends. */
  private left = 0
  private readonly kept: Buffer[] = []
  private keptSize = 0

  /** @returns whether it is complete. @throws Error if this is no HTTP that we understand */
  push(piece: Buffer): boolean {
    this.begun = true
    this.rest = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece])
    while (this.step());
    return this.state === 'done'
  }

  /** The connection has ended. @returns whether that completes the answer */
  end(): boolean {
    return this.state === 'done' || (this.state === 'body' && this.left === Infinity)
  }

  /** Whether the connection may be used again after this answer. */
  get reusable(): boolean {
    const closing = /(?:^|,)\s*close\s*(?:,|$)/i.test(this.headers.get('connection') ?? '')
    return this.state === 'done' && this.minor === 1 && !closing && this.rest.length === 0
  }

  get body(): Buffer {
    return Buffer.concat(this.kept)
  }

  /** @returns whether there may be more to be done with what has come */
  private step(): boolean {
    if (this.state === 'done') return false
    if (this.state === 'body' || this.state === 'chunk') return this.content()
    const line = this.line()
    if (line === undefined) return false
    if (this.state === 'status') this.statusLine(line)
    else if (this.state === 'header') this.headerLine(line)
    else if (this.state === 'size') this.sizeLine(line)
    else if (this.state === 'after chunk') this.state = 'size'
    else if (line === '') this.state = 'done'
    return true
  }

  private line(): string | undefined {
    const end = this.rest.indexOf('\n')
    if (this.headSize + (end < 0 ? this.rest.length : end) > MOST_HEAD) throw new Error('the head of the answer is too long')
    if (end < 0) return undefined
    const line = this.rest.toString('latin1', 0, end)
    this.rest = this.rest.subarray(end + 1)
    this.headSize += end
    return line.endsWith('\r') ? line.slice(0, -1) : line
  }

  private statusLine(line: string): void {
    const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(line)
    if (match === null) throw new Error('the answer is no HTTP/1.1')
    this.minor = Number(match[1])
    this.status = Number(match[2])
    this.state = 'header'
  }

  private headerLine(line: string): void {
    if (line === '') return this.headOver()
    const colon = line.indexOf(':')
    if (colon <= 0) throw new Error('the answer has a header without a name')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const before = this.headers.get(name)
    this.headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }

  /** How long the body is (RFC 9112 §6.3). */
  private headOver(): void {
    if (this.status === 101) throw new Error('the answer is 101, an upgrade nobody asked for')
    if (this.status < 200) return this.again()
    const coding = this.headers.get('transfer-encoding')
    const length = this.headers.get('content-length')
    if (this.status === 204 || this.status === 304) this.state = 'done'
    else if (coding !== undefined) this.state = /(?:^|,)\s*chunked\s*$/i.test(coding) ? 'size' : this.upTo(Infinity)
    else if (length === undefined) this.state = this.upTo(Infinity)
    else if (/^\d{1,15}$/.test(length)) this.state = this.upTo(Number(length))
    else throw new Error('the answer has a content-length that is none')
  }

  /** What came was not the last word (103, 100). */
  private again(): void {
    this.headers.clear()
    this.state = 'status'
  }

  private upTo(size: number): State {
    this.left = size
    return size === 0 ? 'done' : 'body'
  }

  private sizeLine(line: string): void {
    const match = /^([0-9a-f]{1,8})\s*(?:;|$)/i.exec(line)
    if (match === null) throw new Error('the answer has a chunk without a size')
    this.headSize = 0
    this.left = parseInt(match[1] as string, 16)
    this.state = this.left === 0 ? 'trailer' : 'chunk'
  }

  private content(): boolean {
    if (this.rest.length === 0) return false
    const piece = this.rest.subarray(0, Math.min(this.rest.length, this.left))
    if (this.keptSize < MOST_BODY) this.kept.push(piece)
    this.keptSize += piece.length
    this.left -= piece.length
    this.rest = this.rest.subarray(piece.length)
    if (this.left === 0) this.state = this.state === 'chunk' ? 'after chunk' : 'done'
    return true
  }
}
