import { PhaselineError } from '../model/errors.ts'

/** What `phaseline NAME` does: takes the words after its name, gives the exit code when it is over. */
export type Command = (args: string[]) => Promise<number>

/** The user asked for something that does not exist, or not like this: said in one line, exit code 1. */
export class UsageError extends PhaselineError {
  constructor(message: string) {
    super('PHASELINE_USAGE', message)
  }
}

/** Something outside is in the way, and the message says what to do about it: no stack, exit code 1. */
export class StartError extends PhaselineError {
  constructor(message: string, options?: ErrorOptions) {
    super('PHASELINE_START', message, options)
  }
}
