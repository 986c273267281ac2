import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The built script: beside `dist/demo` where this runs built, in `dist` of the package where it runs from `src/demo`. */
const BUILT = fileURLToPath(new URL('../../dist/browser/phaseline.js', import.meta.url))

/** What the shop's pages have in their heads, and the file that it names; nothing where it was not built. */
export interface PageScript {
  readonly tag: string
  readonly files: Readonly<Record<string, string>>
}

/** The script that shows the browser's side of whoever visits the shop. @param endpoint the collector's */
export function pageScript(endpoint: string): PageScript {
  try {
    const files = { 'phaseline.js': readFileSync(BUILT, 'utf8') }
    return { tag: `<script src="/static/phaseline.js" data-endpoint="${endpoint}" async></script>`, files }
  } catch {
    return { tag: '', files: {} }
  }
}
