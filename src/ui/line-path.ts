/** A line through points, broken where there is none: `M x y L x y`. A point alone is a line of no length: its round cap is a dot. */
export function linePath(points: readonly (number | null)[], x: (index: number) => number, y: (value: number) => number): string {
  const parts: string[] = []
  points.forEach((point, index) => {
    if (point === null) return
    const at = `${x(index).toFixed(1)} ${y(point).toFixed(1)}`
    const former = points[index - 1] ?? null
    const next = points[index + 1] ?? null
    parts.push(former === null ? `M${at}${next === null ? `L${at}` : ''}` : `L${at}`)
  })
  return parts.join('')
}
