import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** What this machine is called: spans that say the same share a clock. */
export function machineAttributes(): Record<string, string> {
  const id = machineId()
  return { 'host.name': hostname(), ...(id !== undefined && { 'host.id': id }) }
}

/** The id of the machine, where reading it is cheap. */
function machineId(): string | undefined {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
