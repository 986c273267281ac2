/** `db.response.status_code` of an error: MySQL's number; the first word of what Redis says (`WRONGTYPE …`). */
export function statusOf(error: unknown): string | undefined {
  const { errno, message } = error as { errno?: unknown; message?: unknown }
  if (typeof errno === 'number' && errno > 0) return String(errno)
  return /^[A-Z]{3,}(?= )/.exec(String(message))?.[0]
}
