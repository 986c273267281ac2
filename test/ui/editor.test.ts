import { expect, test } from 'vitest'
import { editorLink } from '../../src/ui/timeline/editor.ts'

test.each([
  ['VS Code', '/srv/shop/views.ts', '42', 'vscode://file/srv/shop/views.ts:42'],
  ['VS Code', 'file:///srv/shop/views.ts', '', 'vscode://file/srv/shop/views.ts'],
  ['Cursor', 'C:\\shop\\views.ts', '7', 'cursor://file/C%3A/shop/views.ts:7'],
  ['WebStorm', '/srv/a&line=9/b.ts', '7', 'webstorm://open?file=/srv/a%26line%3D9/b.ts&line=7'],
])('%s opens %s at line "%s" by %s', (editor, path, line, link) => {
  expect(editorLink(editor, path, line)).toBe(link)
})

test.each([
  ['VS Code', 'shop/views.ts', '42'],
  ['VS Code', '/srv/views.ts', '42;rm'],
  ['VS Code', 'javascript:alert(1)', ''],
  ['Nobody’s', '/srv/views.ts', '42'],
])('%s gets no link to %s at line "%s"', (editor, path, line) => {
  expect(editorLink(editor, path, line)).toBeUndefined()
})
