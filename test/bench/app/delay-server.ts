import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { proxy } from '../../../src/proxy/index.ts'
import { waitedForCpu } from './cpu-wait.ts'
import { ELSEWHERE, IN_EXPRESS } from './delay-places.ts'
import { KNOWN, type Late, type Packages, type Place } from './delay-places/place.ts'

/** How late the request under way has been, in ms. */
let lateness = 0

const late: Late = {
  burn() {
    const from = performance.now()
    let to = from
    while (to - from < KNOWN) to = performance.now()
    late.was(to - from)
  },
  wait(then) {
    const from = performance.now()
    setTimeout(() => {
      late.was(performance.now() - from)
      then()
    }, KNOWN)
  },
  pause: () => new Promise((resolve) => late.wait(resolve)),
  was: (ms) => void (lateness += ms),
}

/**
 * Serves an app for each place on one port; the header `x-place` says which. Asked for `measured`, it says how late it was, and
 * how long it waited for a CPU; asked to `disturb`, it is busy as soon as the next connection is there.
 */
export async function serve(packages: Packages): Promise<void> {
  const around = JSON.parse(process.env['SURROUNDINGS'] ?? '{}')
  const places: readonly Place[] = [...IN_EXPRESS, ...ELSEWHERE]
  const apps = new Map<unknown, RequestListener>()
  for (const { where, put } of places) {
    const app = packages.express()
    put(app, packages, late, around)
    apps.set(encodeURIComponent(where), app as RequestListener)
  }
  const { port: proxyPort } = await proxy({ target: `http://127.0.0.1:${around.slow}` })
  const server = createServer((req, res) => {
    const place = req.headers['x-place']
    if (place === 'measured') {
      res.end(JSON.stringify({ lateness, waited: waitedForCpu() }))
      lateness = 0
      return
    }
    if (place === 'disturb') {
      server.once('connection', () => late.burn())
      res.end()
      return
    }
    req.headers['x-proxy'] = String(proxyPort)
    apps.get(place)?.(req, res)
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('disconnect', () => process.exit(0))
}
