import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type NginxSink, readNginx } from '../../src/station/nginx-intake.ts'

const LINE = JSON.stringify({
  phaseline: '1',
  trace: 'a'.repeat(32),
  span: 'b'.repeat(16),
  flags: '01',
  end: '1000.100',
  duration: '0.100',
})

const hasRoom = { isFull: () => false, room: () => Promise.resolve() }

/** A sink whose disk is full until it is not. */
function full(): { sink: NginxSink; said: string[]; taken: () => number; free: () => void } {
  const said: string[] = []
  let isFull = true
  let taken = 0
  const add = (): void => {
    if (isFull) throw new Error('no space left on device')
    taken++
  }
  const sink = { add, warn: (sentence: string) => said.push(sentence), ...hasRoom }
  return { sink, said, taken: () => taken, free: () => void (isFull = false) }
}

test('a full disk ends no collector that takes lines as datagrams: they are counted, and it is said once', async () => {
  const { sink, said, taken, free } = full()
  const intake = await readNginx({ syslogPort: 0 }, sink)
  onTestFinished(() => intake.close())
  const sender = createSocket('udp4')
  onTestFinished(() => void sender.close())
  const send = (): void => sender.send(`<190>Nov 21 02:13:29 web1 nginx: ${LINE}`, intake.syslogPort as number, '127.0.0.1')
  for (const count of [1, 2]) {
    send()
    await expect.poll(() => intake.refused(), { timeout: 15_000 }).toBe(count)
  }
  expect(said).toEqual(['syslog: lines could not be kept and are counted as refused: no space left on device'])
  free()
  send()
  await expect.poll(taken, { timeout: 15_000 }).toBe(1)
})

test('nor one that reads them from a file, and no line is lost uncounted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-nginx-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'access.log')
  const { sink, said } = full()
  const intake = await readNginx({ logs: [path] }, sink)
  writeFileSync(path, `${LINE}\n${LINE}\n`)
  await intake.close()
  expect(intake.refused()).toBe(2)
  expect(said.at(-1)).toContain('no space left on device')
})

test('no more of a file is read than there is room for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-nginx-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'access.log')
  let waiting = 0
  let most = 0
  const sink: NginxSink = {
    add: (spans) => (most = Math.max(most, (waiting += spans.length))),
    isFull: () => false,
    room: async () => {
      await new Promise(setImmediate)
      waiting = 0
    },
    warn: () => {},
  }
  const intake = await readNginx({ logs: [path] }, sink)
  writeFileSync(path, `${LINE}\n`.repeat(20_000))
  await intake.close()
  // Of 64 KB at a time.
  expect([waiting, most]).toEqual([0, expect.closeTo((65_536 / LINE.length) * 2, -2)])
})

test('datagrams for which there is no room are counted', async () => {
  const said: string[] = []
  const warn = (sentence: string): void => void said.push(sentence)
  const intake = await readNginx({ syslogPort: 0 }, { ...hasRoom, add: () => expect.fail(), isFull: () => true, warn })
  onTestFinished(() => intake.close())
  const sender = createSocket('udp4')
  onTestFinished(() => void sender.close())
  sender.send(`<190>Nov 21 02:13:29 web1 nginx: ${LINE}`, intake.syslogPort as number, '127.0.0.1')
  await expect.poll(() => intake.refused(), { timeout: 15_000 }).toBe(1)
  expect(said).toEqual(['syslog: lines could not be kept and are counted as refused: more comes than can be stored'])
})
