/** A rectangle in the picture of latencies, in shares of it: x from the left, y from the top. */
export interface Selection {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** One press moves by this share of the picture, and leaves at least as much. */
const STEP = 0.05

/** What the first press selects: the latest, however long they took. */
const FIRST: Selection = { left: 0.75, right: 1, top: 0, bottom: 1 }

const share = (value: number, low = 0, high = 1): number => Number(Math.min(high, Math.max(low, value)).toFixed(4))

function across(now: Selection, by: number): Selection {
  const step = share(by, -now.left, 1 - now.right)
  return { ...now, left: share(now.left + step), right: share(now.right + step) }
}

/**
 * What an arrow key makes of a selection: left and right move it in time, up and down raise and lower the shortest duration in it;
 * with Shift its right and its upper edge alone.
 * @param key as `KeyboardEvent.key` says it
 * @returns undefined for a key that means nothing here
 */
export function pressed(now: Selection | undefined, key: string, shift: boolean): Selection | undefined {
  const by = key === 'ArrowRight' || key === 'ArrowDown' ? STEP : key === 'ArrowLeft' || key === 'ArrowUp' ? -STEP : 0
  if (by === 0) return undefined
  if (now === undefined) return FIRST
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    return shift ? { ...now, right: share(now.right + by, now.left + STEP) } : across(now, by)
  }
  return shift
    ? { ...now, top: share(now.top + by, 0, now.bottom - STEP) }
    : { ...now, bottom: share(now.bottom + by, now.top + STEP) }
}

/** Whether a place is in it. */
export function within({ left, right, top, bottom }: Selection, { x, y }: { readonly x: number; readonly y: number }): boolean {
  return x >= left && x <= right && y >= top && y <= bottom
}
