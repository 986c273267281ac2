import { Journal } from './journal.ts'
import type { Delivery } from './receiver.ts'

/** A body that is to be sent on. */
export interface Letter {
  readonly delivery: Pick<Delivery, 'path' | 'received' | 'headers'>
  /** How many are in it, for the counts. */
  readonly spans: number
  /** The part of the journal that has it; undefined if none does. */
  readonly segment: number | undefined
}

/** What of a letter stands in the journal before its body, as JSON and a line's end. */
interface Head extends Pick<Delivery, 'path' | 'headers'> {
  readonly spans: number
}

/** Keeps on disk what waits to be sent on, so that the next process sends it; a process that is killed may have sent a part of it already. */
export class Outbox {
  private readonly journal: Journal | undefined

  /** @param folder none: what waits is lost with the process */
  constructor(folder: string | undefined) {
    this.journal = folder === undefined ? undefined : new Journal(folder, 'forward')
  }

  get isKept(): boolean {
    return this.journal !== undefined
  }

  /** What a former process did not send, and how many bytes of it the disk has damaged. */
  left(): { letters: Letter[]; damaged: number } {
    const bodies = [...(this.journal?.left() ?? [])]
    const letters = bodies.flatMap(({ body, segment }) => opened(body, segment) ?? [])
    for (const { segment } of letters) this.journal?.hold(segment as number)
    this.journal?.removeUnheld()
    return { letters, damaged: this.journal?.damaged ?? 0 }
  }

  /** @throws what the file system throws */
  keep(delivery: Letter['delivery'], spans: number): Letter {
    const { path, headers } = delivery
    const head = Buffer.from(`${JSON.stringify({ path, headers, spans } satisfies Head)}\n`)
    const segment = this.journal?.append(Buffer.concat([head, delivery.received]))
    if (segment !== undefined) this.journal?.hold(segment)
    return { delivery, spans, segment }
  }

  /** It was sent, or given up. */
  done({ segment }: Letter): void {
    if (segment !== undefined) this.journal?.release([segment])
  }

  /** Only these are left for the next process. @returns those that the disk has no room for */
  close(letters: readonly Letter[]): Letter[] {
    if (letters.length > 0) this.journal?.turn()
    const lost = letters.filter((letter) => !this.leave(letter))
    this.journal?.close()
    return lost
  }

  /** @returns whether it is on the disk */
  private leave(letter: Letter): boolean {
    try {
      this.keep(letter.delivery, letter.spans)
    } catch {
      return letter.segment !== undefined
    }
    this.done(letter)
    return true
  }
}

/** @returns undefined for one that the disk has damaged */
function opened(body: Buffer, segment: number): Letter | undefined {
  const end = body.indexOf(0x0a)
  try {
    const { path, headers, spans } = JSON.parse(body.toString('utf8', 0, end)) as Head
    return { delivery: { path, headers, received: body.subarray(end + 1) }, spans, segment }
  } catch {
    return undefined
  }
}
