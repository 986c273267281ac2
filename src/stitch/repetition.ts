import type { Span } from '../model/span.ts'
import type { Node } from './node.ts'
import { parts } from './steps.ts'
import { BIT } from './warnings.ts'

/** From how many on the same query under one parent is an N+1. */
const REPETITIONS = 5

/**
 * Marks queries that one parent repeats five times or more, say one per row of another query. Queries that differ only in their
 * literals are the same; a `model` method stands between the query and whoever repeats it. In steps.
 */
export function* markRepetitions(nodes: readonly Node[]): Generator<void> {
  if (nodes.length <= REPETITIONS) return
  let queries = 0
  for (const node of nodes) if (node.phase === 'db') queries++
  if (queries < REPETITIONS) return
  const groups = new Map<Node, Map<string, Node[]>>()
  const queryOf = remembering()
  const repeaterOf = climbing()
  for (const some of parts(nodes)) {
    for (const node of some) {
      if (!stands(node)) continue
      const repeater = repeaterOf(node)
      if (node.phase === 'db' && node.span !== null) group(groups, repeater, queryOf(node.span), node)
    }
    if (some !== nodes) yield
  }
  for (const queriesOf of groups.values()) {
    for (const same of queriesOf.values()) if (same.length >= REPETITIONS) for (const node of same) node.flags |= BIT.n_plus_one
  }
}

function group(groups: Map<Node, Map<string, Node[]>>, parent: Node | null, query: string, node: Node): void {
  if (parent === null) return
  let queries = groups.get(parent)
  if (queries === undefined) groups.set(parent, (queries = new Map()))
  const same = queries.get(query)
  if (same === undefined) queries.set(query, [node])
  else same.push(node)
}

/** Whether whoever repeats what is under it is further up. */
function stands({ phase }: Node): boolean {
  return phase === 'model' || phase === 'db'
}

/** Who repeats a node; asked for parents before their children, it takes a step for each, however deep they stand in each other. */
function climbing(): (node: Node) => Node | null {
  const known = new Map<Node, Node | null>()
  return (node) => {
    const { parent } = node
    const repeater = parent !== null && parent.parent !== null && stands(parent) ? (known.get(parent) ?? null) : parent
    if (node.children.length > 0) known.set(node, repeater)
    return repeater
  }
}

/** Queries without their literals; what repeats has few texts. */
function remembering(): (span: Span) => string {
  const known = new Map<string, string>()
  return ({ attributes, name }) => {
    const text = attributes.get('db.query.text') ?? attributes.get('db.statement') ?? attributes.get('sql.query')
    if (typeof text !== 'string') return name
    let query = known.get(text)
    if (query === undefined) known.set(text, (query = withoutLiterals(text)))
    return query
  }
}

/** At most its first 2,000 characters tell a query from others. */
function withoutLiterals(text: string): string {
  return text.slice(0, 2_000).replace(/'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b/g, '?')
}
