// Sends a collector so many spans a second until it is killed, always new traces: `node sender-process.ts ADDRESS SPANS`.
import { Sender } from './overload.ts'

const [address = '', spans] = process.argv.slice(2)
const sender = new Sender(`${address}/v1/traces`)
process.stdout.write('ready')
await sender.send(Number(spans), Infinity)
