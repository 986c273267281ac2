import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { listenSyslog, parseSyslog } from '../../src/station/syslog.ts'

test.each([
  ['<190>Nov 21 02:13:29 web1 nginx: {"a":"b: c"}', { host: 'web1', tag: 'nginx', text: '{"a":"b: c"}' }],
  ['<190>Nov  1 02:13:29 web1.shop.test edge_2: {}\n', { host: 'web1.shop.test', tag: 'edge_2', text: '{}' }],
  ['<190>Nov 21 02:13:29 nginx: {}', { host: '', tag: 'nginx', text: '{}' }],
  ['<30>Nov 21 02:13:29 haproxy[42]: {}', { host: '', tag: 'haproxy', text: '{}' }],
])('%j is a message of nginx or HAProxy', (message, expected) => {
  expect(parseSyslog(message)).toEqual(expected)
})

test.each(['', 'hello', '<190>1 2026-11-21T02:13:29Z web1 nginx - - - {}', '{}'])('%j is none', (message) => {
  expect(parseSyslog(message)).toBeUndefined()
})

test('datagrams are taken as they come, and a port that is taken is said with the option that names another', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = await listenSyslog(0, resolve)
  const { port, address } = socket.address()
  const sender = createSocket('udp4')
  sender.send('hello', port, '127.0.0.1')
  expect([await promise, address]).toEqual(['hello', '127.0.0.1'])
  await expect(listenSyslog(port, () => {})).rejects.toThrow(/UDP port \d+ .*--nginx-syslog/)
  sender.close()
  const closed = once(socket, 'close')
  socket.close()
  await closed
})
