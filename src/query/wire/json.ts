/**
 * What the query API and the viewer say to each other, in JSON. Times and durations are decimal strings of nanoseconds.
 * Beside these paths the same port serves Jaeger's (`/api/traces/{id}`, `/api/services`, …, `/api/v3/…`).
 *
 *   GET  /api/timelines?service=&route=&status=&phase=&middleware=&minMs=&maxMs=&error=1&inFlight=1&from=&to=&q=&limit=&cursor=  → ListJson
 *                      and &operation=&skew=1&orphans=1&attribute=name%3Dvalue (any number of these)
 *   GET  /api/timelines/{traceId}                → TimelineJson   (404 with ErrorJson)
 *   GET  /api/timelines/{traceId}/outline        → OutlineJson    (what drawing needs, small enough for 100,000 spans)
 *   GET  /api/timelines/{traceId}/spans/{spanId} → SpansJson      (everything about the span; more than one where an id is shared)
 *   GET  /api/live                               → server-sent events: `summary` with a NewsJson for each new or changed timeline
 *   GET  /api/status                             → StatusJson
 *   GET  /api/alerts                             → AlertsJson
 *   GET  /api/middleware?phase=&service=&route=&windowMs=  → MiddlewareJson (phase `middleware.*`, 15 minutes if not said)
 *   GET  /api/compare?service=&route=&from=&to=&lastMs=&shiftMs=  → WindowsJson (the last 5 minutes and those before, if not said)
 *   GET  /api/controls, POST /api/controls/{id}  → ControlsJson   (switches of the demo; none in an ordinary collector)
 */

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

export interface ErrorJson {
  error: { code: string; message: string }
}
