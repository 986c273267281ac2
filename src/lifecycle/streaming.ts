import { basename, extname } from 'node:path'
import { NotAResponse } from './errors.ts'
import { HttpResponse, type Chunk, type ResponseOptions } from './response.ts'

/** Where the pieces of a stream come from: a generator, a `Readable`, an array. */
export type Pieces = Iterable<Chunk> | AsyncIterable<Chunk>

interface Closable {
  close?: unknown
  destroy?: unknown
}

/** A response whose body is made piece by piece while it is being sent, after all hooks and after the head. */
export class StreamingHttpResponse extends HttpResponse {
  override readonly streaming: boolean = true
  #pieces: Pieces

  constructor(pieces: Pieces, options: ResponseOptions = {}) {
    super('', options)
    this.#pieces = pieces
    this.#releaseLater(pieces)
  }

  override get content(): Chunk {
    throw new NotAResponse('A streaming response has no content: use streamingContent')
  }

  override set content(_: Chunk) {
    throw new NotAResponse('A streaming response has no content: set streamingContent')
  }

  /** The pieces. Set it to wrap them: what was there before is closed all the same. */
  get streamingContent(): Pieces {
    return this.#pieces
  }

  set streamingContent(pieces: Pieces) {
    this.#pieces = pieces
    this.#releaseLater(pieces)
  }

  override write(chunk: Chunk): void {
    this.#pieces = both(this.#pieces, chunk)
  }

  #releaseLater(pieces: Pieces): void {
    const { close, destroy } = pieces as Closable
    if (typeof close === 'function') this.addCloser(() => close.call(pieces) as unknown)
    else if (typeof destroy === 'function') this.addCloser(() => void destroy.call(pieces))
  }
}

async function* both(pieces: Pieces, last: Chunk): AsyncGenerator<Chunk> {
  yield* pieces
  yield last
}

const TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.bmp': 'image/bmp',
  '.doc': 'application/msword',
  '.eml': 'message/rfc822',
  '.exe': 'application/octet-stream',
  '.mov': 'video/quicktime',
  '.mpeg': 'video/mpeg',
  '.ps': 'application/postscript',
  '.py': 'text/x-python',
  '.rtf': 'application/rtf',
  '.sh': 'application/x-sh',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.tsv': 'text/tab-separated-values',
  '.xls': 'application/vnd.ms-excel',
  '.ppt': 'application/vnd.ms-powerpoint',
  '.bin': 'application/octet-stream',
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.ico': 'image/vnd.microsoft.icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mjs': 'text/javascript',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.tar': 'application/x-tar',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
  '.wav': 'audio/x-wav',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'text/xml',
  '.zip': 'application/zip',
  '.gz': 'application/gzip',
}

/** What a file may be given beside its content. */
export interface FileOptions extends ResponseOptions {
  /** The name for the client, and what the type is taken from; a file stream's own by default. */
  readonly filename?: string
  /** Whether browsers save it instead of showing it. */
  readonly asAttachment?: boolean
  /** In bytes, if it is known; of content in memory it is. */
  readonly size?: number
}

/** A file: `new FileResponse(createReadStream(path), { size })`, or its content. */
export class FileResponse extends StreamingHttpResponse {
  constructor(file: Chunk | Pieces, { filename, asAttachment = false, size, ...options }: FileOptions = {}) {
    const inMemory = typeof file === 'string' || file instanceof Uint8Array
    const name = filename ?? nameOf(file)
    const contentType = options.contentType ?? TYPES[extname(name ?? '').toLowerCase()] ?? 'application/octet-stream'
    super(inMemory ? [file] : file, { ...options, contentType })
    const length = inMemory ? Buffer.byteLength(file) : size
    if (length !== undefined) this.headers.set('Content-Length', length)
    if (name !== undefined || asAttachment) this.headers.set('Content-Disposition', disposition(asAttachment, name))
  }
}

function nameOf(file: object | string): string | undefined {
  const { path } = file as { path?: unknown }
  return typeof path === 'string' ? basename(path) : undefined
}

/** RFC 6266: plain where it can be, else also the encoded form. */
function disposition(attachment: boolean, name: string | undefined): string {
  const kind = attachment ? 'attachment' : 'inline'
  if (name === undefined) return kind
  if (/^[\x20-\x7e]*$/.test(name)) return `${kind}; filename="${name.replace(/[\\"]/g, '\\$&')}"`
  return `${kind}; filename*=utf-8''${encodeURIComponent(name).replace(/['()*]/g, escape)}`
}

const escape = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
