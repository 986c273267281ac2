/** Of our own attributes' names those that a browser needs: the whole table is a twentieth of the script. */
export const PHASE = 'phaseline.phase'
export const CANCELLED = 'phaseline.cancelled'
export const ANSWERED_BY = 'phaseline.answered_by'
