/** A collector with its rules in a process of its own, that can be killed: `node station.ts FOLDER CONFIG`. Says its page. */
import { loadConfig } from '../../src/alerts/config.ts'
import { untilSignal } from '../../src/cli/signal.ts'
import { openStation } from '../../src/station/station.ts'

const [data = '', config = ''] = process.argv.slice(2)
const ended = untilSignal()
const station = await openStation({
  data,
  otlpPort: 0,
  port: 0,
  alerts: await loadConfig(config),
  alertEveryMs: 100,
  tell: false,
})
console.log(station.serving.url)
await ended
await station.close()
