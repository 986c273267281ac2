import type { ServerResponse } from 'node:http'
import { now } from '../model/clock.ts'
import { gatewayOf } from '../model/gateway.ts'
import type { Phase } from '../model/observer.ts'
import { answeredWith } from './attributes.ts'
import { respondOf, watchHeadsOf } from './respond.ts'
import { lifeOf } from './stream.ts'

/** Ends the request's phases when it is over, for better or worse: `close` comes on every response, after `finish` or instead of it. */
export function endWithResponse(response: ServerResponse): void {
  watchHeadsOf(response)
  response.on('close', closed)
}

function closed(this: ServerResponse): void {
  const phase = gatewayOf(this.req)
  if (phase === undefined) return
  const at = now()
  const life = lifeOf(this)
  if (life !== undefined) {
    left(life, this)
    life.end(at)
  } else if (phase.recording) {
    if (this.headersSent) answeredWith(phase, this.statusCode)
    left(phase, this)
  }
  respondOf(this)?.end(at)
  phase.end(at)
}

/** Says so if the client was gone before the end. */
function left(phase: Phase, response: ServerResponse): void {
  const { headersSent } = response
  if (!headersSent || !finished(response)) phase.set('phaseline.disconnect', headersSent ? 'during_body' : 'before_head')
}

/** Whether the last byte was handed over. The responses of node:http2 have no `writableFinished`, their streams know. */
function finished(response: ServerResponse): boolean {
  if (response.writableFinished !== undefined) return response.writableFinished
  const { stream } = response as unknown as { stream?: { writableFinished: boolean; rstCode: number } }
  return stream !== undefined && stream.writableFinished && stream.rstCode === 0
}
