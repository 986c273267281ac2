import { ImproperlyConfigured } from '../errors.ts'

/** Turns a part of the path into a value and back. */
export interface Converter {
  /** The regular expression of the part, without groups that capture. */
  readonly regex: string
  /** Text to value. Throws to say that the pattern does not match. */
  toValue(text: string): unknown
  /** Value to text. Throws to say that the value does not fit. */
  toUrl(value: unknown): string
}

/** A UUID in a URL: compares, prints and serialises as its text, and is no mere string, as in Django. */
export class Uuid {
  readonly #text: string

  /** @param text 32 hexadecimal digits with dashes in their places */
  constructor(text: string) {
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new TypeError(`${JSON.stringify(text)} is no UUID`)
    this.#text = text.toLowerCase()
  }

  toString(): string {
    return this.#text
  }

  valueOf(): string {
    return this.#text
  }

  toJSON(): string {
    return this.#text
  }

  /** How `pg` writes it into a query. */
  toPostgres(): string {
    return this.#text
  }
}

const text = (regex: string): Converter => ({ regex, toValue: (found) => found, toUrl: String })

const converters = new Map<string, Converter>([
  ['str', text('[^/]+')],
  ['slug', text('[-a-zA-Z0-9_]+')],
  ['path', text('.+')],
  [
    'int',
    {
      regex: '[0-9]+',
      toValue(found) {
        const value = Number(found)
        return Number.isSafeInteger(value) ? value : BigInt(found)
      },
      toUrl: String,
    },
  ],
  [
    'uuid',
    {
      regex: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
      toValue: (found) => new Uuid(found),
      toUrl: String,
    },
  ],
])

/**
 * Makes `<name:…>` mean something in routes made from now on. `str`, `int` (a bigint beyond 2^53 − 1), `slug`, `uuid` and
 * `path` are there; a second one of the same name replaces the first.
 */
export function registerConverter(name: string, converter: Converter): void {
  if (!/^[^<>:\s]+$/.test(name)) throw new ImproperlyConfigured(`${JSON.stringify(name)} cannot name a converter`)
  converters.set(name, converter)
}

/** The converter of this name. */
export function converterNamed(name: string, route: string): Converter {
  const found = converters.get(name)
  if (found !== undefined) return found
  const known = [...converters.keys()].join(', ')
  throw new ImproperlyConfigured(`Route ${JSON.stringify(route)} uses the converter "${name}", which is none of ${known}`)
}
