import { STATUS_CODES } from 'node:http'
import type { HttpResponse } from './response.ts'

/** The reason phrase: its own, or the usual one of its status (RFC 9110 §15). */
export function reasonOf(response: { readonly reason?: string | undefined; readonly statusCode: number } | HttpResponse): string {
  return response?.reason ?? STATUS_CODES[response?.statusCode] ?? 'Unknown Status Code'
}
