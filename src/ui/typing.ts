/** Whether keys belong to a field that has the focus, not to the page. */
export function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, select, textarea')
}
