import type { HttpRequest } from './request.ts'
import { HttpResponse } from './response.ts'
import type { ErrorStatus } from './urls/conf.ts'

export function debugPage(_request: HttpRequest, status: ErrorStatus, error: unknown): HttpResponse {
  return new HttpResponse(`<pre>${String(error).replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)}</pre>`, { status })
}
