/** What SQLite calls an error, whatever variant of it: https://sqlite.org/rescode.html#primary_result_code_list */
function resultOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: the file is not what was written. */
export function isDamage(error: unknown): boolean {
  const result = resultOf(error)
  return result === 11 || result === 26
}

/** SQLITE_BUSY: another process is at it. */
export function isBusy(error: unknown): boolean {
  return resultOf(error) === 5
}
