// What `phaseline collect` runs, in a process of its own, for the benchmark: `node collector-process.ts FOLDER [bare [impatient]]` says its ports
// and waits. `bare` leaves out the alerts and the page, `impatient` waits 200 ms for more spans.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { growAtOnce } from '../../src/station/young-generation.ts'
import type { Filter } from '../../src/store/contract.ts'

const [data = '', bare, impatient] = process.argv.slice(2)
const patience = { rooted: 200, rootless: 200, most: 1e9 }
const options = { otlpPort: 0, data, ...(impatient === 'impatient' && { patience, limits: { pending: 2 ** 28 } }) }
// As the command does it, before all else is loaded.
growAtOnce()
const { openStation } = await import('../../src/station/station.ts')
const { collect } = await import('../../src/collector/index.ts')
const station = bare === 'bare' ? undefined : await openStation({ ...options, port: 0, tell: false })
const collector = station?.collector ?? (await collect(options))
const running = station ?? collector

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

/** The longest that nothing else had its turn since this was asked last, ms. */
function longestBlock(): number {
  const ms = delay.max / 1e6
  delay.reset()
  return ms
}

/** Questions to the store, timed where they are answered: `{ "timeline": id }` or a Filter; `{ "stats": true }` and `{ "block": true }` are to the process. */
const questions = createServer((request, response) => {
  void (async () => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const asked = JSON.parse(Buffer.concat(chunks).toString(), (key, value: unknown) =>
      key.endsWith('Ns') ? BigInt(value as string) : value,
    ) as Filter & { timeline?: string; stats?: boolean; block?: boolean }
    const started = performance.now()
    const found =
      asked.timeline !== undefined
        ? ((await collector.store.timeline(asked.timeline))?.spans.length ?? 0)
        : asked.stats === true || asked.block === true
          ? 0
          : (await collector.store.search(asked)).items.length
    response.end(
      JSON.stringify({
        ms: performance.now() - started,
        found,
        stats: asked.stats === true ? collector.stats() : undefined,
        block: asked.block === true ? longestBlock() : undefined,
      }),
    )
  })()
})
questions.listen(0, '127.0.0.1', () => {
  const ports = { otlp: collector.otlpPort, questions: (questions.address() as AddressInfo).port, page: station?.serving.port }
  process.stdout.write(JSON.stringify(ports))
})
process.once('SIGTERM', () => void running.close().then(() => process.exit(0)))
