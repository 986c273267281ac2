import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PhaselineError } from '../model/errors.ts'

/**
 * Takes a folder for this process alone. The lock is SQLite's own on a file, so the system takes it back when the process ends, however it ends.
 * @returns gives it back
 * @throws PhaselineError `data_in_use` if another process has it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'lock'))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    throw new PhaselineError(
      'data_in_use',
      `${folder} is in use by another Phaseline; stop it or choose another folder with --data`,
      { cause: error },
    )
  }
  return () => database.close()
}
