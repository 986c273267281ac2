import { emitKeypressEvents } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import { fit, screen } from './terminal-text.ts'
import { SORTS, topFrame, type Sort, type TopData } from './top-frame.ts'

const EVERY = 2_000

/** A screen of its own, without a cursor; and back. */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'

/** Where it draws, and where its keys come from. */
export interface Terminal {
  readonly stdin: Pick<ReadStream, 'setRawMode' | 'pause' | 'resume' | 'on'> & NodeJS.ReadableStream
  readonly stdout: Pick<WriteStream, 'write' | 'rows' | 'on' | 'off'>
}

/** Draws what `read` gives until `q`, Ctrl-C or a signal. @returns the exit code @throws what the first `read` throws */
export async function live(read: () => Promise<TopData>, first: Sort, { stdin, stdout }: Terminal = process): Promise<number> {
  let data = await read()
  let sort = first
  let trouble: string | undefined
  const draw = (): void => {
    const lines = topFrame(data, { sort, ...screen(), height: (stdout.rows || 24) - 1, now: new Date(), trouble })
    // From the top, each line cleared to its end, then all below: nothing flickers.
    stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J${fit(FOOTER, screen().width).trimEnd()}`)
  }
  const renew = async (): Promise<void> => {
    try {
      data = await read()
      trouble = undefined
    } catch (error) {
      trouble = (error as Error).message
    }
  }
  stdout.write(ENTER)
  const timer = setInterval(() => void renew().then(draw), EVERY)
  stdout.on('resize', draw)
  draw()
  try {
    await quit(stdin, (key) => {
      if (Object.hasOwn(SORTS, key)) sort = SORTS[key as keyof typeof SORTS]
      draw()
    })
  } finally {
    clearInterval(timer)
    stdout.off('resize', draw)
    stdin.setRawMode(false).pause()
    stdout.write(LEAVE)
  }
  return 0
}

const FOOTER = 'q quit · sort: p p95 · m p50 · c calls · e errors · s share · n name'

/** Resolves when somebody wants to leave; tells of every other key. */
function quit(stdin: Terminal['stdin'], pressed: (key: string) => void): Promise<void> {
  emitKeypressEvents(stdin)
  stdin.setRawMode(true).resume()
  return new Promise((resolve) => {
    stdin.on('keypress', (text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
      if (key.name === 'q' || key.name === 'escape' || (key.ctrl === true && key.name === 'c')) resolve()
      else pressed(text ?? '')
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
}
