import type { Attributes } from '../model/attributes.ts'
import { label, type Label } from '../model/label.ts'
import { summed, type Dialect } from './sql.ts'

/** Where queries go to: one database as one connection's settings name it. Attributes as the semantic conventions have them. */
export interface Target {
  /** `db.system.name`. */
  readonly system: 'sqlite' | 'postgresql' | 'mysql' | 'redis' | 'mongodb'
  /** `db.namespace`: the database's name; a file's path for SQLite. */
  readonly namespace?: string | undefined
  readonly address?: string | undefined
  readonly port?: number | undefined
}

/** How many texts, forms of them without literals, and targets are remembered. */
const LIMIT = 1_000
/** A longer text costs more memory than reading it again costs time. */
const LONGEST_KEY = 4_096

/** Forgets the oldest when full, so that texts made of literals cost time, never memory. */
class Recent<Value> {
  private readonly known = new Map<string, Value>()

  get(key: string, make: (key: string) => Value): Value {
    let found = this.known.get(key)
    if (found === undefined) {
      if (this.known.size >= LIMIT) this.known.delete(this.known.keys().next().value as string)
      this.known.set(key, (found = make(key)))
    }
    return found
  }
}

/** The labels of one target's queries: a text is read once, and texts that differ in literals only share one label. */
export class Source {
  private readonly attributes: Attributes
  private readonly dialect: Dialect
  private readonly byText = new Recent<Label>()
  private readonly byForm = new Recent<Label>()
  private readonly byCommand = new Recent<Label>()

  constructor(target: Target) {
    this.dialect = target.system === 'mysql' ? 'mysql' : 'ansi'
    this.attributes = {
      'db.system.name': target.system,
      ...(target.namespace && { 'db.namespace': target.namespace }),
      ...(target.address && { 'server.address': target.address }),
      // A path is the address of a socket that has no port.
      ...(target.port && !target.address?.startsWith('/') && { 'server.port': target.port }),
    }
  }

  /** The `db` label of a query. */
  label(sql: string): Label {
    return sql.length > LONGEST_KEY ? this.read(sql) : this.byText.get(sql, (text) => this.read(text))
  }

  /** The `db` label of a command of a store that has no queries. @param name `GET`, never with a key @param collection that it is about */
  command(name: string, collection?: string): Label {
    const whole = collection === undefined ? name : `${name} ${collection}`
    return this.byCommand.get(whole, () =>
      label('db', whole, {
        ...this.attributes,
        'db.operation.name': name,
        ...(collection !== undefined && { 'db.collection.name': collection }),
      }),
    )
  }

  private read(sql: string): Label {
    const { text, summary } = summed(sql, this.dialect)
    return this.byForm.get(text, () =>
      label('db', summary || String(this.attributes['db.system.name']), {
        ...this.attributes,
        ...(summary && { 'db.query.summary': summary }),
        'db.query.text': text,
      }),
    )
  }
}

const known = new Recent<Source>()

/** The one source of this target: connections to it are many and come and go, targets are as few as settings are. */
export function sourceFor(target: Target): Source {
  return known.get(`${target.system} ${target.address}:${target.port} ${target.namespace}`, () => new Source(target))
}
