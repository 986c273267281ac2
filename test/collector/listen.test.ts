import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/collector/listen.ts'

test('a connection that the system could not give ends nothing', async () => {
  const server = createServer()
  await listen(server, 0, '127.0.0.1', 'the test', '--port')
  onTestFinished(() => void server.close())
  expect(() => server.emit('error', new Error('accept ENFILE'))).not.toThrow()
})
