import type { ServerResponse } from 'node:http'
import { now } from '../model/clock.ts'
import { gatewayOf } from '../model/gateway.ts'
import type { Phase } from '../model/observer.ts'
import { respondOf } from './respond.ts'

/** Ends the request's phases when it is over, for better or worse: `close` comes on every response, after `finish` or instead of it. */
export function endWith(response: ServerResponse): void {
  response.on('close', closed)
}

function closed(this: ServerResponse): void {
  const phase = gatewayOf(this.req)
  if (phase === undefined) return
  const at = now()
  if (phase.recording) conclude(phase, this)
  respondOf(this)?.end(at)
  phase.end(at)
}

function conclude(phase: Phase, response: ServerResponse): void {
  const { statusCode, headersSent } = response
  if (headersSent) {
    phase.set('http.response.status_code', statusCode)
    if (statusCode >= 500) phase.fail(String(statusCode))
  }
  if (!response.writableFinished) phase.set('phaseline.disconnect', headersSent ? 'during_body' : 'before_head')
}
