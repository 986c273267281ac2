import type { HttpRequest } from './request.ts'
import { HttpResponse } from './response.ts'
import { STATUS_CODES } from 'node:http'
import type { ErrorStatus } from './urls/conf.ts'
import { debugPage } from './debug.ts'

/** The built-in pages. Without `debug` they say the status and nothing of the application. */
export function errorPage(request: HttpRequest, status: ErrorStatus, error: unknown): HttpResponse | Promise<HttpResponse> {
  if (request.app.settings.debug && status !== 403) return debugPage(request, status, error)
  const title = STATUS_CODES[status] as string
  const body = `<!doctype html>\n<html lang="en">\n<head><title>${title}</title></head>\n<body><h1>${title}</h1></body>\n</html>\n`
  return new HttpResponse(body, { status })
}
