import type { TimelineJson } from '../query/wire/timeline.ts'
import { argumentsOf } from './arguments.ts'
import { askPage } from './collector-api.ts'
import { StartError, UsageError } from './command.ts'
import { FILTERS, FILTERS_HELP, filterQuery, pageOf } from './list-filter.ts'
import { newest } from './list.ts'
import { screen } from './terminal-text.ts'
import { waterfall } from './waterfall.ts'

const HELP = `usage: phaseline show [TRACE] [options]

Prints where the time of one request went: the one whose trace id begins with
TRACE, as "phaseline list" shows it, else the newest.

${FILTERS_HELP}
  --all              each span on a line of its own, also where many are alike
  --json             the timeline as JSON
  --page URL         the collector's page (http://127.0.0.1:7427)`

/** `phaseline show TRACE`. */
export async function show(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    allowPositionals: true,
    options: {
      ...FILTERS,
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      page: { type: 'string', default: 'http://127.0.0.1:7427' },
    },
  })
  if (given === undefined) return 0
  const { values, positionals } = given
  if (positionals.length > 1) throw new UsageError('one trace, please')
  const page = pageOf(values.page)
  const timeline = await wanted(page, positionals[0]?.toLowerCase(), filterQuery(values))
  if (values.json) console.log(JSON.stringify({ timelines: [timeline] }))
  else console.log([...waterfall(timeline, { ...screen(), fold: !values.all }), '', linkTo(page, timeline)].join('\n'))
  return 0
}

function linkTo(page: URL, { traceId }: TimelineJson): string {
  return new URL(`/trace/${traceId}`, page).href
}

async function wanted(page: URL, given: string | undefined, query: URLSearchParams): Promise<TimelineJson> {
  const whole = given !== undefined && /^[0-9a-f]{32}$/.test(given)
  const traceId = whole ? given : await idOf(page, given, query)
  const timeline = (await askPage(new URL(`/api/timelines/${traceId}`, page))) as TimelineJson | undefined
  if (timeline === undefined)
    throw new StartError(`there is no trace ${traceId}: it never arrived, or is older than what is kept`)
  return timeline
}

/** So far back the beginnings of ids are looked for; whole ids are found however old. */
const BACK = 1_500

async function idOf(page: URL, beginning: string | undefined, query: URLSearchParams): Promise<string> {
  if (beginning !== undefined && !/^[0-9a-f]{1,31}$/.test(beginning))
    throw new UsageError(`"${beginning}" is no trace id, nor the beginning of one`)
  query.set('limit', String(beginning === undefined ? 1 : BACK))
  const { items } = await newest(page, query)
  const found = items.filter(({ traceId }) => traceId.startsWith(beginning ?? ''))
  if (found.length > 1) throw new UsageError(`${found.length} traces begin with ${beginning}; give more of its id`)
  if (found[0] !== undefined) return found[0].traceId
  throw new StartError(
    beginning === undefined
      ? 'no request is like that'
      : `none of the newest ${BACK} traces begins with ${beginning}; give its whole id`,
  )
}
