/** UTF-16 units. Whoever scrapes gets every value again each time, and keeps it for as long as it keeps anything. */
const LONGEST = 256

/** A text as the value of a label: of one that is longer the beginning, and a mark. */
export function labelValue(text: string): string {
  if (text.length <= LONGEST) return text
  // By way of bytes: a slice would hold on to the whole.
  return `${Buffer.from(text.slice(0, LONGEST - 1)).toString()}…`
}
