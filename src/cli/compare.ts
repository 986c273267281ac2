import type { WindowsJson } from '../query/wire/windows.ts'
import { argumentsOf } from './arguments.ts'
import { askPage } from './collector-api.ts'
import { StartError, UsageError } from './command.ts'
import { compareLines } from './compare-lines.ts'
import { pageOf } from './list-filter.ts'
import { ageOf } from './numbers.ts'
import { screen } from './terminal-text.ts'

const HELP = `usage: phaseline compare [ROUTE] [options]

What got slower: the last minutes against those before, by route. Of one route:
by phase, and by each middleware, view and query, what adds most first.

  --last AGE       the later window: since then (5m)
  --earlier AGE    the other window is so much earlier: 1h, 1d (just before)
  --service NAME   only of this service
  --json           as JSON
  --page URL       the collector's page (http://127.0.0.1:7427)

exit code: 0 compared · 1 one of the windows has no request`

/** `phaseline compare`. */
export async function compare(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    allowPositionals: true,
    options: {
      last: { type: 'string', default: '5m' },
      earlier: { type: 'string' },
      service: { type: 'string' },
      json: { type: 'boolean', default: false },
      page: { type: 'string', default: 'http://127.0.0.1:7427' },
    },
  })
  if (given === undefined) return 0
  const { values, positionals } = given
  if (positionals.length > 1) throw new UsageError('one route at a time')
  const query = new URLSearchParams({ route: positionals[0] ?? '', service: values.service ?? '' })
  query.set('lastMs', String(ageOf('last', values.last)))
  if (values.earlier !== undefined) query.set('shiftMs', String(ageOf('earlier', values.earlier)))
  const page = pageOf(values.page)
  const found = (await askPage(new URL(`/api/compare?${query.toString()}`, page))) as WindowsJson | undefined
  if (found === undefined) throw new StartError(`${page.origin} compares nothing: is it a collector of this version?`)
  console.log(values.json ? JSON.stringify(found) : compareLines(found, screen()).join('\n'))
  return found.before.took.count > 0 && found.after.took.count > 0 ? 0 : 1
}
