/** Editors that open files by a link, and the link to a line of a file. */
export const EDITORS: Readonly<Record<string, (path: string, line: string) => string>> = {
  'VS Code': (path, line) => `vscode://file${path}${line === '' ? '' : `:${line}`}`,
  Cursor: (path, line) => `cursor://file${path}${line === '' ? '' : `:${line}`}`,
  Zed: (path, line) => `zed://file${path}${line === '' ? '' : `:${line}`}`,
  WebStorm: (path, line) => `webstorm://open?file=${path}${line === '' ? '' : `&line=${line}`}`,
}

const KEY = 'phaseline.editor'
const FIRST = 'VS Code'

/** The editor that was chosen last. */
export function rememberedEditor(): string {
  try {
    const name = localStorage.getItem(KEY) ?? FIRST
    return Object.hasOwn(EDITORS, name) ? name : FIRST
  } catch {
    return FIRST // storage may be forbidden
  }
}

export function rememberEditor(name: string): void {
  try {
    localStorage.setItem(KEY, name)
  } catch {
    // remembered for this span only
  }
}

/** A link that opens an absolute path in an editor; undefined for any other, which only its own machine could resolve. */
export function editorLink(editor: string, path: string, line: string): string | undefined {
  const plain = path.replace(/^file:\/\//, '')
  const absolute = /^[a-z]:[\\/]/i.test(plain) ? `/${plain.replaceAll('\\', '/')}` : plain
  if (!absolute.startsWith('/') || !/^\d*$/.test(line)) return undefined
  // Encoded in parts: the path is what somebody sent, and must not become another part of the link.
  return EDITORS[editor]?.(absolute.split('/').map(encodeURIComponent).join('/'), line)
}
