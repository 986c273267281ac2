/** Preloaded before an app: watches Express, and prints at the end what its requests went through. */
import { Server } from 'node:http'
import { watchExpress } from '../../../src/express/watch.ts'
import { setGateway } from '../../../src/model/gateway.ts'
import { label } from '../../../src/model/label.ts'
import { observer } from '../../../src/model/observer.ts'
import { recorder } from '../../recorder.ts'

const record = recorder()
watchExpress()
// oxlint-disable-next-line typescript/unbound-method -- called with the server it is asked of
const emit = Server.prototype.emit as (this: Server, event: string, ...args: unknown[]) => boolean
Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]): boolean {
  if (event !== 'request') return emit.call(this, event, ...args)
  const gateway = observer.open(label('gateway', 'GET'))
  setGateway(args[0] as object, gateway)
  return observer.run(gateway, emit, this, event, ...args)
}
process.on('exit', () => process.stdout.write(record.sentences().join('\n')))
