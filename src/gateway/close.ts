import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { now } from '../model/clock.ts'
import { gatewayOf } from '../model/gateway.ts'
import type { Phase } from '../model/observer.ts'
import { respondOf, watchHeadsOf } from './respond.ts'

/** Ends the request's phases when it is over, for better or worse: `close` comes on every response, after `finish` or instead of it. */
export function endWithResponse(response: ServerResponse): void {
  watchHeadsOf(response)
  response.on('close', closed)
}

/** A request that was upgraded to another protocol lasts as long as its socket. */
export function endWithSocket(socket: Socket, phase: Phase): void {
  socket.on('close', () => phase.end())
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
  if (!headersSent || !finished(response)) phase.set('phaseline.disconnect', headersSent ? 'during_body' : 'before_head')
}

/** Whether the last byte was handed over. The responses of node:http2 have no `writableFinished`, their streams know. */
function finished(response: ServerResponse): boolean {
  if (response.writableFinished !== undefined) return response.writableFinished
  const { stream } = response as unknown as { stream?: { writableFinished: boolean; rstCode: number } }
  return stream !== undefined && stream.writableFinished && stream.rstCode === 0
}
