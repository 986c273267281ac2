import { expect, test } from 'vitest'
import { phaseline } from './programs.ts'

test('it says where its page and its receiver are, and ends at a signal with 0', async () => {
  const collector = phaseline(['collect', '--memory', '--port', '0', '--otlp-port', '0'])
  const [, page = ''] = await collector.says(/^(http:\S+)\n.*OTLP\/HTTP on http:\S+ · kept in memory/)
  const answer = await fetch(`${page}/api/status`)
  const http = collector.said().match(/OTLP\/HTTP on (\S+)/)?.[1]
  expect(await answer.json()).toMatchObject({ spans: { accepted: 0 }, otlp: { http, grpc: null, token: false } })
  expect(await collector.stop('SIGINT')).toBe(0)
})

test('a port that is taken is said in one line, with who has it', async () => {
  const first = phaseline(['collect', '--memory', '--port', '0', '--otlp-port', '0'])
  const [, port = ''] = await first.says(/OTLP\/HTTP on http:\/\/127\.0\.0\.1:(\d+)/)
  const second = phaseline(['collect', '--memory', '--port', '0', '--otlp-port', port])
  expect(await second.ended()).toBe(1)
  expect(second.complained()).toMatch(new RegExp(`^phaseline: port ${port}.* taken by .*--otlp-port\n$`))
  await first.stop()
})

test('it says which port takes the log of nginx, and which log is not there yet', async () => {
  const collector = phaseline(
    ['collect', '--memory', '--port', '0', '--otlp-port', '0'].concat(
      '--nginx-syslog',
      '0',
      '--nginx-log',
      '/nowhere/access.log',
    ),
  )
  await collector.says(/ · syslog on 127\.0\.0\.1:\d+ · /)
  expect(collector.complained()).toBe('phaseline: /nowhere/access.log is not there yet; it is read once it is\n')
  expect(await collector.stop('SIGINT')).toBe(0)
})

test.each([
  ['--port', 'http'],
  ['--keep', 'long'],
  ['--keep-size', '1X'],
  ['--forward', 'jaeger'],
  ['--nginx-syslog', 'localhost'],
])('%s %s is wrong usage', async (...args) => {
  const collector = phaseline(['collect', ...args])
  expect(await collector.ended()).toBe(1)
  expect(collector.complained()).toMatch(new RegExp(`^phaseline: ${args[0]} takes .*\n$`))
})
