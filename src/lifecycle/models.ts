import { errorType } from '../model/errors.ts'
import { label, type Label } from '../model/label.ts'
import { observer } from '../model/observer.ts'
import { Http404, MultipleObjectsReturned, ObjectDoesNotExist } from './errors.ts'

/** What a model can be asked by. */
export type Filter<Row> = Partial<Row>

/** Where the objects of a model are kept: what an application writes, over any driver or query builder. */
export interface Repository<Row> {
  /** At most `limit` of them that fit. */
  find(filter: Filter<Row>, limit?: number): Promise<Row[]>
  insert?(row: Partial<Row>): Promise<Row>
  update?(filter: Filter<Row>, values: Partial<Row>): Promise<number>
  delete?(filter: Filter<Row>): Promise<number>
  count?(filter: Filter<Row>): Promise<number>
}

/** Stands between views and a repository: `Book.objects.get({ id })`. Each call is a `model` phase, with the `db` phases inside. */
export class Manager<Row> {
  readonly #name: string
  readonly #repository: Repository<Row>
  readonly #labels = new Map<string, Label>()

  /** @param name of the model, as spans show it */
  constructor(name: string, repository: Repository<Row>) {
    this.#name = name
    this.#repository = repository
  }

  /** The one that fits. Throws `ObjectDoesNotExist` and `MultipleObjectsReturned`. */
  get(filter: Filter<Row>): Promise<Row> {
    return this.#phase('get', async () => {
      const [found, second] = await this.#repository.find(filter, 2)
      if (found === undefined) throw new ObjectDoesNotExist(`No ${this.#name} matches ${JSON.stringify(filter)}`)
      if (second !== undefined) throw new MultipleObjectsReturned(`More than one ${this.#name} matches ${JSON.stringify(filter)}`)
      return found
    })
  }

  /** The first that fits, or undefined. */
  first(filter: Filter<Row> = {}): Promise<Row | undefined> {
    return this.#phase('first', async () => (await this.#repository.find(filter, 1))[0])
  }

  filter(filter: Filter<Row>, limit?: number): Promise<Row[]> {
    return this.#phase('filter', () => this.#repository.find(filter, limit))
  }

  all(): Promise<Row[]> {
    return this.#phase('all', () => this.#repository.find({}))
  }

  count(filter: Filter<Row> = {}): Promise<number> {
    const repository = this.#repository
    return this.#phase('count', async () => (await repository.count?.(filter)) ?? (await repository.find(filter)).length)
  }

  create(values: Partial<Row>): Promise<Row> {
    return this.#phase('create', () => this.#able('insert')(values))
  }

  /** @returns how many */
  update(filter: Filter<Row>, values: Partial<Row>): Promise<number> {
    return this.#phase('update', () => this.#able('update')(filter, values))
  }

  /** @returns how many */
  delete(filter: Filter<Row>): Promise<number> {
    return this.#phase('delete', () => this.#able('delete')(filter))
  }

  #able<K extends 'insert' | 'update' | 'delete'>(method: K): NonNullable<Repository<Row>[K]> {
    const found = this.#repository[method]
    if (found === undefined) throw new TypeError(`The repository of ${this.#name} has no ${method}()`)
    return found.bind(this.#repository) as NonNullable<Repository<Row>[K]>
  }

  /** What is not there is no error of the model's. */
  #phase<T>(method: string, call: () => Promise<T>): Promise<T> {
    let made = this.#labels.get(method)
    if (made === undefined) this.#labels.set(method, (made = label('model', `${this.#name}.${method}`)))
    return watchModel(made, call)
  }
}

async function watchModel<T>(made: Label, call: () => Promise<T>): Promise<T> {
  const phase = observer.begin(made)
  if (phase === undefined) return call()
  try {
    return await observer.run(phase, call, undefined)
  } catch (error) {
    if (error instanceof ObjectDoesNotExist) phase.set('error.type', errorType(error))
    else phase.fail(error)
    throw error
  } finally {
    phase.end()
  }
}

/** A model: its name and its manager. `const Book = model<BookRow>('Book', repository)`, `Book.objects.get({ id })`. */
export function model<Row>(name: string, repository: Repository<Row>): { readonly name: string; readonly objects: Manager<Row> } {
  return { name, objects: new Manager(name, repository) }
}

/** The object, or a 404. */
export async function getObjectOr404<Row>(from: { readonly objects: Manager<Row> }, filter: Filter<Row>): Promise<Row> {
  try {
    return await from.objects.get(filter)
  } catch (error) {
    if (error instanceof ObjectDoesNotExist) throw new Http404(error.message, { cause: error })
    throw error
  }
}
