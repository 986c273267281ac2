import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `npm run bench`, or `npm run bench -- NAME… [--options]`: runs the benches of this folder one after the other and prints what
 * they measured. A bench is a module that exports `title` and `run(args)`, which resolves to the rows of a table.
 */
interface Bench {
  readonly title: string
  run(args: string[]): Promise<Record<string, string | number>[]>
}

/** In the order in which they run by default; a bench that is not listed runs when it is named. */
const ALL = ['agent', 'startup', 'stitch', 'store', 'collector', 'alerts', 'wire', 'lifecycle', 'proxy', 'viewer']

const words = process.argv.slice(2)
const first = words.findIndex((word) => word.startsWith('--'))
const named = first < 0 ? words : words.slice(0, first)
const options = first < 0 ? [] : words.slice(first)
const fileOf = (name: string): string => join(import.meta.dirname, `${name}.ts`)

for (const name of named.length > 0 ? named : ALL.filter((each) => existsSync(fileOf(each)))) {
  const bench = (await import(fileOf(name))) as Bench
  console.log(`\n${name}: ${bench.title}`)
  console.table(await bench.run(options))
}
