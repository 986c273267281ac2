// The traffic: real HTTPS requests by host name, a few per second, for as long as somebody looks.
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { VISITS, type Visit } from './visits.ts'
import { give, serve } from './served.ts'

const shop = process.env.DEMO_SHOP
/** One connection that is kept, and for some requests a new one: only those have a lookup, a connect, a handshake. */
const kept = new Agent({ keepAlive: true, maxSockets: 1 })
const fresh = new Agent({ keepAlive: false })
const cookies = new Map<string, string>()
/** Between two requests, in ms. */
const BETWEEN = 350

const state = { on: true, stopped: false }
let wake = (): void => {}

async function walk(): Promise<void> {
  for (let at = 0; !state.stopped; at = (at + 1) % VISITS.length) {
    if (!state.on) await new Promise<void>((resolve) => (wake = resolve))
    if (state.stopped) return
    // The shop may be busy or gone: the next request will show.
    await make(VISITS[at] as Visit).catch(() => {})
    await pause(BETWEEN)
  }
}

/** One visit; a form is fetched first, for its token, then sent. */
async function make({ path, reused, form }: Visit): Promise<void> {
  const page = await send('GET', path, reused)
  if (form === undefined) return
  const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page)?.[1] ?? ''
  await send('POST', path, true, new URLSearchParams({ ...form, csrfmiddlewaretoken: token }).toString())
}

function send(method: string, path: string, reused: boolean, body?: string): Promise<string> {
  const url = new URL(path, shop)
  const headers = {
    cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    'user-agent': 'phaseline-demo',
    ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded', referer: url.href, origin: url.origin }),
  }
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: reused ? kept : fresh, timeout: 10_000 }, (response) => {
      for (const line of response.headers['set-cookie'] ?? []) keep(line)
      text(response).then(resolve, reject)
    })
      .once('timeout', function (this: { destroy(): void }) {
        this.destroy()
      })
      .once('error', reject)
      .end(body)
  })
}

function keep(line: string): void {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
  if (name !== undefined && value !== undefined) cookies.set(name, value)
}

if (shop === undefined) give('DEMO_SHOP says no shop')
else {
  serve(0, {
    control(id, turned) {
      if (id !== 'traffic') return
      state.on = turned
      if (turned) wake()
    },
    stop() {
      state.stopped = true
      wake()
      kept.destroy()
      fresh.destroy()
    },
  })
  void walk()
}
