import { open, realpath, type FileHandle } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

const TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
}

/**
 * Answers with a file of the folder. What is no file inside it (another folder, a hidden file, a link that leads out, `..` in
 * whatever disguise) is not found, and no more is said. Conditional requests are answered with 304; ranges are not served.
 * @param rest the path after the prefix, as it came
 */
export async function serveFile(request: IncomingMessage, response: ServerResponse, folder: string, rest: string): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return answer(response, 405)
  }
  const name = plainName(rest)
  const file = name === undefined ? undefined : await openInside(folder, name)
  if (file === undefined) return answer(response, 404)
  try {
    await send(request, response, file, name as string)
  } finally {
    await file.close()
  }
}

/** A short plain answer of the proxy's own. */
export function answer(response: ServerResponse, status: number): void {
  const text = `${status}\n`
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length }).end(text)
}

/** The decoded path, if each of its parts is an ordinary name. */
function plainName(rest: string): string | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(rest)
  } catch {
    return undefined
  }
  if (decoded.includes('\0')) return undefined
  const parts = decoded.split(/[\\/]/)
  return parts.every((part) => part !== '' && !part.startsWith('.')) ? parts.join(sep) : undefined
}

async function openInside(folder: string, name: string): Promise<FileHandle | undefined> {
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(join(folder, name))])
    if (!real.startsWith(root + sep)) return undefined
    const file = await open(real)
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch {
    // Not there, or not for us to read: the same to the client.
  }
  return undefined
}

async function send(request: IncomingMessage, response: ServerResponse, file: FileHandle, name: string): Promise<void> {
  const { size, mtime } = await file.stat()
  const tag = `W/"${size.toString(16)}-${mtime.getTime().toString(16)}"`
  response.setHeader('etag', tag)
  response.setHeader('last-modified', mtime.toUTCString())
  if (isFresh(request, tag, mtime)) return void response.writeHead(304).end()
  response.setHeader('content-type', TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream')
  response.setHeader('content-length', size)
  response.setHeader('x-content-type-options', 'nosniff')
  if (request.method === 'HEAD' || size === 0) return void response.end()
  await pipeline(file.createReadStream({ autoClose: false, end: size - 1 }), response)
}

/** RFC 9110 §13.2.2: the tag decides, where the client gives one. */
function isFresh({ headers }: IncomingMessage, tag: string, mtime: Date): boolean {
  const tags = headers['if-none-match']
  if (tags !== undefined) return tags.split(',').some((each) => each.trim() === tag || each.trim() === '*')
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return Math.floor(mtime.getTime() / 1_000) * 1_000 <= since
}
