import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { machineAttributes } from '../agent/machine.ts'
import { spansOfLine, type LogSource } from '../formats/proxy-log.ts'
import type { Span } from '../model/span.ts'
import { LogFollower } from './follow.ts'
import { listenSyslog, parseSyslog } from './syslog.ts'

/** Where the logs of nginx come from; HAProxy's come over syslog, too. */
export interface NginxSources {
  /** Files to follow. */
  readonly logs?: readonly string[]
  /** A UDP port on 127.0.0.1 for syslog; 0 lets the system choose. */
  readonly syslogPort?: number
}

/** Who gets what they say. */
export interface NginxSink {
  readonly add: (spans: readonly Span[]) => void
  /** Whether there is no room for more. */
  readonly isFull: () => boolean
  /** Resolves when there is. */
  readonly room: () => Promise<void>
  /** Told in a sentence what people should know. */
  readonly warn: (sentence: string) => void
}

/** Reads the logs of nginx until it is closed. */
export interface NginxIntake {
  readonly syslogPort: number | undefined
  /** How many lines were of no use. */
  refused(): number
  /** Reads what has come, and stops. */
  close(): Promise<void>
}

/** A log that is read. */
interface Source {
  refused(): number
  close(): Promise<void>
}

/** @throws PhaselineError `PHASELINE_START` if the port for syslog cannot be had */
export async function readNginx({ logs = [], syslogPort }: NginxSources, sink: NginxSink): Promise<NginxIntake> {
  const syslog = syslogPort === undefined ? undefined : await readSyslog(syslogPort, sink)
  const files = await Promise.all(logs.map((path) => readLog(path, sink)))
  const sources: Source[] = syslog === undefined ? files : [...files, syslog]
  return {
    syslogPort: syslog?.port,
    refused: () => sources.reduce((sum, source) => sum + source.refused(), 0),
    close: async () => void (await Promise.all(sources.map((source) => source.close()))),
  }
}

/** How often a file is looked at, ms. */
const EVERY = 250

async function readLog(path: string, sink: NginxSink): Promise<Source> {
  const say = onceEach(sink.warn)
  const lines = new Lines(path, sink)
  const source = { machine: machineAttributes() }
  const follower = new LogFollower(path, (texts) => {
    lines.take(texts, source)
    return sink.room()
  })
  const failed = (error: Error): void => say(`${path} cannot be read: ${error.message}`)
  let looking: Promise<void> | undefined
  const look = (): Promise<void> =>
    (looking ??= follower
      .look()
      .catch(failed)
      .finally(() => (looking = undefined)))
  if (!existsSync(path)) say(`${path} is not there yet; it is read once it is`)
  await look()
  const timer = setInterval(() => void look(), EVERY)
  return {
    refused: () => lines.refused + follower.broken,
    async close() {
      clearInterval(timer)
      await looking
      await look()
      await follower.close()
    },
  }
}

async function readSyslog(port: number, sink: NginxSink): Promise<Source & { readonly port: number }> {
  const lines = new Lines('syslog', sink)
  const machine = machineAttributes()
  const socket = await listenSyslog(port, (message) => {
    const { host, tag, text } = parseSyslog(message) ?? { host: '', tag: 'nginx', text: message }
    // HAProxy calls itself so, unless it was told to send its name.
    const here = host === '' || host === 'localhost' || host === hostname()
    if (sink.isFull()) lines.lose(1, 'more comes than can be stored')
    else lines.take([text], { service: tag, machine: here ? machine : { 'host.name': host } })
  })
  return {
    port: socket.address().port,
    refused: () => lines.refused,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  }
}

/** Makes spans of lines; those that it cannot are counted, and said of the first. */
class Lines {
  refused = 0
  readonly #name: string
  readonly #sink: NginxSink
  readonly #say: (sentence: string) => void

  constructor(name: string, sink: NginxSink) {
    this.#name = name
    this.#sink = sink
    this.#say = onceEach(sink.warn)
  }

  take(texts: readonly string[], source: LogSource): void {
    const spans = texts.flatMap((text) => spansOfLine(text, source) ?? this.#refuse())
    if (spans.length === 0) return
    try {
      this.#sink.add(spans)
    } catch (error) {
      this.lose(texts.length, (error as Error).message)
    }
  }

  /** The disk is full: nobody sends these lines again. */
  lose(lines: number, reason: string): void {
    this.refused += lines
    this.#say(`${this.#name}: lines could not be kept and are counted as refused: ${reason}`)
  }

  #refuse(): Span[] {
    this.refused++
    this.#say(
      `${this.#name}: a line is not in the log format that "phaseline nginx" prints; it and others like it are counted as refused`,
    )
    return []
  }
}

function onceEach(say: (sentence: string) => void): (sentence: string) => void {
  const said = new Set<string>()
  return (sentence) => {
    if (!said.has(sentence)) say(sentence)
    said.add(sentence)
  }
}
