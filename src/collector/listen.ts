import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { PhaselineError } from '../model/errors.ts'

/**
 * Listens, and says who has the port if it is taken.
 * @param what of ours wants it, and the option that chooses another: `the OTLP receiver`, `--otlp-port`
 * @returns the port, which the system chose if 0 was asked for
 * @throws PhaselineError `port_taken`, `cannot_listen`
 */
export function listen(server: Server, port: number, host: string, what: string, option: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(explained(error, port, host, what, option))
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      // A connection that the system could not give us (ENFILE, ENOBUFS): those who have one keep it, and others come again.
      server.on('error', () => {})
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function explained(error: NodeJS.ErrnoException, port: number, host: string, what: string, option: string): PhaselineError {
  if (error.code !== 'EADDRINUSE')
    return new PhaselineError('cannot_listen', `${what} cannot listen on ${host}:${port}: ${error.message}`, { cause: error })
  return portTaken(error, port, what, option)
}

/** Says who has a port, where the system tells, and what to do about it. @param what, option as for `listen` */
export function portTaken(cause: unknown, port: number, what: string, option: string): PhaselineError {
  const owner = ownerOf(port)
  const who = owner === undefined ? 'another program' : `${owner.command} (process ${owner.pid})`
  const message = `port ${port}, which ${what} needs, is taken by ${who}; stop it or choose another port with ${option}`
  return new PhaselineError('port_taken', message, { cause })
}

/** The process that listens on a port, as far as Linux tells this user. */
function ownerOf(port: number): { pid: number; command: string } | undefined {
  try {
    const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => inodesOf(table, port)))
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holds(pid, sockets)) return { pid: Number(pid), command: commandOf(pid) }
    }
  } catch {
    // No such folder on this system.
  }
  return undefined
}

/** The inodes of the sockets that listen (state 0A) on this port. */
function inodesOf(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync(table, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return rows.filter((row) => row[1]?.endsWith(wanted) && row[3] === '0A').map((row) => `socket:[${row[9]}]`)
}

function holds(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(link(`/proc/${pid}/fd/${fd}`)))
  } catch {
    return false
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function commandOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean).slice(0, 3).join(' ').slice(0, 80)
}
