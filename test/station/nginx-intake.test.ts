import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readNginx } from '../../src/station/nginx-intake.ts'

const LINE = JSON.stringify({
  phaseline: '1',
  trace: 'a'.repeat(32),
  span: 'b'.repeat(16),
  flags: '01',
  end: '1000.100',
  duration: '0.100',
})

/** A sink whose disk is full until it is not. */
function full(): { sink: Parameters<typeof readNginx>[1]; said: string[]; taken: () => number; free: () => void } {
  const said: string[] = []
  let isFull = true
  let taken = 0
  const add = (): void => {
    if (isFull) throw new Error('no space left on device')
    taken++
  }
  return { sink: { add, warn: (sentence) => said.push(sentence) }, said, taken: () => taken, free: () => void (isFull = false) }
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
