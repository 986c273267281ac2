import type { Node } from './node.ts'

/** Parts of nodes' times, one after the other. Two lists instead of an object each: a chain of 100,000 spans has 200,000. */
export class Sections {
  readonly nodes: Node[] = []
  /** Start and end of each. */
  readonly times: number[] = []

  add(node: Node, start: number, end: number): void {
    this.nodes.push(node)
    this.times.push(start, end)
  }

  /** @returns what `make` makes of each, in their order */
  map<Made>(make: (node: Node, start: number, end: number) => Made): Made[] {
    return this.nodes.map((node, place) => make(node, this.times[2 * place] as number, this.times[2 * place + 1] as number))
  }
}
