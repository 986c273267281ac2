import { OWN } from '../model/attributes.ts'
import { label, type Label } from '../model/label.ts'

export const RECEIVE: Label = label('proxy.receive', 'proxy receive')
export const CONNECT: Label = label('proxy.connect', 'proxy connect')
export const WAIT: Label = label('proxy.wait', 'proxy wait')
export const RESPOND: Label = label('proxy.respond', 'proxy respond')

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'])

/** The labels of one proxy's requests, by method; unknown methods share one, as the conventions want. */
export function proxyLabels(name: string, attributes: Readonly<Record<string, string | boolean>>): (method: string) => Label {
  const known = new Map<string, Label>()
  return (method) => {
    const shown = METHODS.has(method) ? method : '_OTHER'
    let found = known.get(shown)
    if (found === undefined) {
      const all = { 'http.request.method': shown, [OWN.proxyName]: name, ...attributes }
      known.set(shown, (found = label('proxy', shown === '_OTHER' ? 'HTTP' : shown, all)))
    }
    return found
  }
}
