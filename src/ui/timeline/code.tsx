import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { JsonValue } from '../../query/wire/json.ts'
import { Copy } from '../copy.tsx'
import { editorLink, EDITORS, rememberedEditor, rememberEditor } from './editor.ts'

/** Where the code of a span is, if it says so. */
function placeOf(attributes: Record<string, JsonValue>): { path: string; line: string } | null {
  const path = attributes['code.file.path'] ?? attributes['code.filepath']
  const line = attributes['code.line.number'] ?? attributes['code.lineno']
  if (typeof path !== 'string') return null
  return { path, line: typeof line === 'number' || typeof line === 'string' ? String(line) : '' }
}

/** The file and line of a span's code: to copy, and to open in an editor if the path says where it is. */
export function Code({ attributes }: { attributes: Record<string, JsonValue> }): VNode | null {
  const [editor, setEditor] = useState(rememberedEditor)
  const place = placeOf(attributes)
  if (place === null) return null
  const text = place.line === '' ? place.path : `${place.path}:${place.line}`
  const href = editorLink(editor, place.path, place.line)
  const choose = (event: Event): void => {
    const { value } = event.currentTarget as HTMLSelectElement
    rememberEditor(value)
    setEditor(value)
  }
  return (
    <>
      <h3>Code</h3>
      <p class="code-line">
        <code>{text}</code>
        <Copy text={text} what="file and line" />
      </p>
      {href !== undefined && (
        <p class="code-line">
          <a class="button copy" href={href}>
            Open in {editor}
          </a>
          <select class="field small" aria-label="Editor" value={editor} onChange={choose}>
            {Object.keys(EDITORS).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </p>
      )}
    </>
  )
}
