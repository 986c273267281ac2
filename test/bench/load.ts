import { connect, type Socket } from 'node:net'

/**
 * A small load generator, run as a process of its own: `load.ts PORT PATH CONNECTIONS SECONDS` keeps so many connections busy,
 * each with one request at a time, and sends `{ requests, bad }` to its parent.
 */
const [port, path, connections, seconds] = process.argv.slice(2).map((text, i) => (i === 1 ? text : Number(text))) as [
  number,
  string,
  number,
  number,
]

const REQUEST = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: bench\r\ncookie: sid=abc\r\n\r\n`
let requests = 0
let bad = 0
let over = false
let open = connections

function client(): void {
  const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST))
  let rest = ''
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  socket.on('error', () => bad++)
  socket.on('close', () => --open === 0 && process.send?.({ requests, bad }, () => process.exit(0)))
  socket.on('data', (text: string) => {
    rest = answered(socket, rest + text)
  })
}

/** Takes a whole answer off the front of what has come, and asks again. @returns what is left */
function answered(socket: Socket, text: string): string {
  const head = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  if (head < 0 || length === undefined || text.length < head + 4 + Number(length)) return text
  requests++
  if (!text.startsWith('HTTP/1.1 200')) bad++
  if (over) socket.destroy()
  else socket.write(REQUEST)
  return text.slice(head + 4 + Number(length))
}

for (let i = 0; i < connections; i++) client()
setTimeout(() => (over = true), seconds * 1000)
