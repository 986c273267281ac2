// The proxy in front of the shop: TLS with a certificate made at start, static files, everything else to the bookshop.
import { writeFileSync } from 'node:fs'
import { proxy, type ProxyOptions, type RunningProxy } from '../proxy/index.ts'
import { give, serve } from './served.ts'

/** On the port that was asked for; on any free one if somebody has that. */
async function start(options: ProxyOptions): Promise<RunningProxy> {
  try {
    return await proxy(options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return await proxy({ ...options, port: 0 })
  }
}

try {
  const { DEMO_TARGET = '', DEMO_STATIC = '', DEMO_PORT = '0', DEMO_CERTIFICATE = '' } = process.env
  const running = await start({
    target: DEMO_TARGET,
    tls: 'self-signed',
    static: { '/static/': DEMO_STATIC },
    port: Number(DEMO_PORT),
  })
  writeFileSync(DEMO_CERTIFICATE, running.certificate ?? '')
  serve(running.port, { stop: () => running.close() })
} catch (error) {
  give((error as Error).message)
}
