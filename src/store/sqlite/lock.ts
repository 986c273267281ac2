import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PhaselineError } from '../../model/errors.ts'
import { makeFolder } from './folder.ts'
import { isBusy } from './trouble.ts'

/**
 * Takes a folder for this process alone. The lock is SQLite's own on a file, so the system takes it back when the process ends, however it ends.
 * @returns gives it back
 * @throws PhaselineError `data_in_use` if another process has it, `data_unusable` if nothing can be written there
 */
export function lockFolder(folder: string): () => void {
  const database = openedIn(folder)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw unusable(folder, error)
    throw new PhaselineError(
      'data_in_use',
      `${folder} is in use by another Phaseline; stop it or choose another folder with --data`,
      { cause: error },
    )
  }
  return () => database.close()
}

function openedIn(folder: string): DatabaseSync {
  try {
    makeFolder(folder)
    return new DatabaseSync(join(folder, 'lock'))
  } catch (error) {
    throw unusable(folder, error)
  }
}

function unusable(folder: string, error: unknown): PhaselineError {
  const { message } = error as Error
  return new PhaselineError('data_unusable', `nothing can be kept in ${folder} (${message}); choose another folder with --data`, {
    cause: error,
  })
}
