import { afterEach, expect, test, vi } from 'vitest'
import { ProgressLine } from '../../src/cli/progress-line.ts'

const { isTTY } = process.stderr
afterEach(() => {
  vi.restoreAllMocks()
  process.stderr.isTTY = isTTY
})

function written(terminal: boolean, total: number | undefined): string {
  process.stderr.isTTY = terminal
  let text = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  const line = new ProgressLine(total)
  line.add(50)
  line.show('7 spans')
  line.end()
  return text
}

test('draws on a terminal how much is done, and wipes it out', () => {
  expect(written(true, 100)).toBe(`\r\u001b[2K${'█'.repeat(15)}${' '.repeat(15)} 50 %  7 spans\r\u001b[2K`)
})

test('says what is known where the whole is not', () => {
  expect(written(true, undefined)).toBe('\r\u001b[2K7 spans\r\u001b[2K')
})

test('is silent where nobody looks', () => {
  expect(written(false, 100)).toBe('')
})
