import { argumentsOf } from './arguments.ts'
import { FILTERS, FILTERS_HELP, filterQuery, limitOf, nothingLike, pageOf } from './list-filter.ts'
import { listLines } from './list-lines.ts'
import { screen } from './terminal-text.ts'
import { newest } from './trace-id.ts'

const HELP = `usage: phaseline list [options]

The newest requests that a running collector knows. "phaseline show TRACE"
prints where the time of one of them went.

${FILTERS_HELP}
  -n, --limit N      so many at most (20)
  --json             as JSON, with whole ids and times
  --page URL         the collector's page (http://127.0.0.1:7427)`

/** `phaseline list`. @returns 1 if there is none */
export async function list(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    options: {
      ...FILTERS,
      limit: { type: 'string', short: 'n', default: '20' },
      json: { type: 'boolean', default: false },
      page: { type: 'string', default: 'http://127.0.0.1:7427' },
    },
  })
  if (given === undefined) return 0
  const { values } = given
  const query = filterQuery(values)
  query.set('limit', String(limitOf(values.limit)))
  const page = pageOf(values.page)
  const found = await newest(page, query)
  if (values.json) console.log(JSON.stringify(found))
  else if (found.items.length > 0) console.log(listLines(found.items, screen()).join('\n'))
  else console.error(`phaseline: ${nothingLike(page, query)}`)
  return found.items.length > 0 ? 0 : 1
}
