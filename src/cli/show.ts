import type { TimelineJson } from '../query/wire/timeline.ts'
import { argumentsOf } from './arguments.ts'
import { askPage } from './collector-api.ts'
import { StartError, UsageError } from './command.ts'
import { FILTERS, FILTERS_HELP, filterQuery, nothingLike, pageOf } from './list-filter.ts'
import { screen } from './terminal-text.ts'
import { newest, wholeId } from './trace-id.ts'
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
  const timeline = await wanted(page, positionals[0], filterQuery(values))
  if (values.json) console.log(JSON.stringify({ timelines: [timeline] }))
  else console.log([...waterfall(timeline, { ...screen(), fold: !values.all }), '', linkTo(page, timeline)].join('\n'))
  return 0
}

function linkTo(page: URL, { traceId }: TimelineJson): string {
  return new URL(`/trace/${traceId}`, page).href
}

async function wanted(page: URL, given: string | undefined, query: URLSearchParams): Promise<TimelineJson> {
  const traceId = given === undefined ? await newestOf(page, query) : await wholeId(page, given, query)
  const timeline = (await askPage(new URL(`/api/timelines/${traceId}`, page))) as TimelineJson | undefined
  if (timeline === undefined)
    throw new StartError(`there is no trace ${traceId}: it never arrived, or is older than what is kept`)
  return timeline
}

async function newestOf(page: URL, query: URLSearchParams): Promise<string> {
  query.set('limit', '1')
  const [item] = (await newest(page, query)).items
  if (item === undefined) throw new StartError(nothingLike(page, query))
  return item.traceId
}
