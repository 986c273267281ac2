import type { ComponentChildren, VNode } from 'preact'
import type { JsonValue } from '../../query/wire/json.ts'

/** A value as text: a stranger's, so it is shown, never interpreted. */
export function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1)
}

/** Attribute names may break after a dot, before they break anywhere. */
function breakable(key: string): ComponentChildren {
  return key.split('.').flatMap((part, index) => (index === 0 ? [part] : ['.', <wbr key={index} />, part]))
}

/** Names and values under a title; nothing for none. */
export function Pairs({ title, pairs }: { title: string; pairs: readonly (readonly [string, JsonValue])[] }): VNode | null {
  if (pairs.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <table class="pairs" aria-label={title}>
        <tbody>
          {pairs.map(([key, value]) => (
            <tr key={key}>
              <th scope="row">{breakable(key)}</th>
              <td>{textOf(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
