import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built page: beside `dist/query` where this runs built, in `dist` of the package where it runs from `src/query`. */
export const PAGE: string = fileURLToPath(new URL('../../dist/page', import.meta.url))

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Names that carry a hash never change their content. */
const HASHED = /^assets\/[\w.-]+$/
const PLAIN = /^(index\.html|icon\.svg)$/

/** A file of the page by its path without the leading slash; undefined if the page has no such file. @param folder of the build */
export async function pageFile(path: string, folder: string = PAGE): Promise<PageFile | undefined> {
  const type = TYPES[extname(path)]
  if (type === undefined || !(HASHED.test(path) || PLAIN.test(path))) return undefined
  const body = await readFile(join(folder, path)).catch(() => undefined)
  if (body === undefined) return undefined
  const headers = {
    'Content-Type': type,
    'Cache-Control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
  }
  return { body, headers }
}

/** What is sent instead of a page that was not built. */
export const NOT_BUILT: string =
  'Phaseline: the page is not built. Run "npm run build:page" in the package and reload. The API under /api/ works without it.\n'

/** Sent with everything: nothing inline, nothing from elsewhere, in nobody's frame, nothing guessed. */
export const SECURITY: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}
