import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { PhaselineError } from '../model/errors.ts'

/** A message as nginx sends it, apart from its priority and its time: `<190>Nov 21 02:13:29 web1 nginx: …`; HAProxy adds its pid. */
export interface SyslogMessage {
  /** Empty where nginx was told `nohostname`. */
  readonly host: string
  /** `nginx`, or what its `tag=` says. */
  readonly tag: string
  readonly text: string
}

/** RFC 3164 §4.1: priority, time, host name, tag. */
const FORM = /^<\d{1,3}>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:([^\s:]+) )?(\w{1,32})(?:\[\d+\])?: (.*)$/s

/** @returns undefined for what is no such message */
export function parseSyslog(message: string): SyslogMessage | undefined {
  const match = FORM.exec(message)
  if (match === null) return undefined
  const [, host = '', tag, text] = match as unknown as [string, string | undefined, string, string]
  return { host, tag, text: text.trimEnd() }
}

/** nginx waits for nobody: what comes while the process is busy has to fit in here, or the system drops it. */
const ROOM = 4 * 1_048_576

/**
 * Takes datagrams on 127.0.0.1.
 * @param port 0 lets the system choose
 * @throws PhaselineError `PHASELINE_START` if the port is taken
 */
export async function listenSyslog(port: number, told: (message: string) => void): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: ROOM })
  socket.on('message', (bytes) => told(bytes.toString()))
  try {
    socket.bind(port, '127.0.0.1')
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw new PhaselineError(
      'PHASELINE_START',
      `UDP port ${port} cannot be had: ${(error as Error).message} (--nginx-syslog takes another)`,
      {
        cause: error,
      },
    )
  }
  socket.on('error', () => {})
  return socket
}
