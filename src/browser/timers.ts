/** Where zone.js keeps the browser's own. */
const page = globalThis as { __zone_symbol__setTimeout?: typeof setTimeout }

/** `setTimeout` that no framework counts: an Angular application is not stable while one of its timers runs. */
export function later(then: () => void, ms: number): ReturnType<typeof setTimeout> {
  return (page.__zone_symbol__setTimeout ?? setTimeout)(then, ms)
}
