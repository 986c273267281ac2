import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { label } from '../../src/model/label.ts'
import { recorder, type Recorded, type Recorder } from '../recorder.ts'
import type { Behaviour, Event, ExcType, Middleware, Out, Scenario } from './format.d.ts'
import { play } from './scenario.ts'
import { registerConverters } from './values.ts'

/** A span in a sentence: what it is, where it hangs, what became of it. */
interface Told {
  readonly name: string
  readonly parent: string
  readonly outcome: string | undefined
  /** `error.type`. */
  readonly error: string | undefined
  /** Whether its status is an error: not for what the client is to blame for. */
  readonly failed: boolean
}

type HookEvent = Extract<Event, { e: 'hook' }>

const CLIENT_ERRORS = new Set<string>([
  'not_found',
  'permission_denied',
  'bad_request',
  'multipart_error',
  'suspicious',
  'disallowed_host',
  'disallowed_redirect',
  'request_too_big',
])
/** `error.type` is the error's code; errors that are not the framework's have none, and their class is told. */
const CLASSES: Partial<Record<ExcType, string>> = {
  error: 'ApplicationError',
  bad_access: 'ApplicationError',
  exit: 'SystemExit',
}

function ending(out: Out, outcome: string | undefined): Pick<Told, 'outcome' | 'error' | 'failed'> {
  const type = /^raise:(.*)$/.exec(out)?.[1] as ExcType | undefined
  if (type === undefined) return { outcome, error: undefined, failed: false }
  return { outcome: 'raise', error: CLASSES[type] ?? type, failed: !CLIENT_ERRORS.has(type) }
}

const PASSING = new Set(['process_response', 'process_template_response', 'after'])

function hookOutcome({ hook, out, sees }: HookEvent): string | undefined {
  if (out === 'value') return 'value'
  if (!PASSING.has(hook)) return out === 'none' && hook !== 'catch' ? undefined : out === 'none' ? 'none' : 'response'
  if (out === 'pass') return sees === 'none' ? 'none' : undefined
  return out === 'none' ? 'none' : 'response'
}

/** The two phases of an around middleware: before and after it calls the next layer. */
const PARTS: Readonly<Record<string, string>> = {
  before: 'process_request',
  after: 'process_response',
  catch: 'process_response',
}
const spanOf = ({ mw, hook }: HookEvent): string => `${mw} ${PARTS[hook] ?? hook}`
const odd = (out: Out = ''): string | undefined => (out === 'none' || out === 'value' ? out : undefined)

/** What the recording says the spans are, in the order of their start. */
function expected(events: readonly Event[], { middleware }: Scenario): Told[] {
  const told: Told[] = []
  let place = 'handler'
  const tell = (name: string, out: Out, outcome: string | undefined, parent = 'handler'): void =>
    void told.push({ name, parent, ...ending(out, outcome) })
  for (const [index, event] of events.entries()) {
    if (event.e === 'hook') {
      place = rendersItself(event, middleware) ? spanOf(event) : 'handler'
      // Catching and the way out are one stretch of time, and what comes out of it counts.
      const caught = event.hook === 'after' && told.findLast(({ name }) => name === spanOf(event))
      if (caught && events.slice(0, index).some((e) => e.e === 'hook' && e.hook === 'catch' && e.mw === event.mw)) {
        if (event.out !== 'pass') told[told.indexOf(caught)] = { ...caught, ...ending(event.out, hookOutcome(event)) }
      } else tell(spanOf(event), event.out, hookOutcome(event))
    } else if (event.e === 'resolve') tell('resolve', event.out === 'no_match' ? 'raise:not_found' : event.out, undefined)
    else if (event.e === 'view') tell(`view ${event.view}`, event.out, odd(event.out))
    else if (event.e === 'render') tell(`render ${event.template}`, failingStep(events, index) ?? event.out, undefined, place)
    else if (event.e === 'error_handler') tell(`handler${event.code}`, event.out ?? '', odd(event.out))
    if (event.e === 'view' || event.e === 'error_handler' || event.e === 'render') place = 'handler'
  }
  return told
}

/** Whether the hook has an operation that renders what it was given: then the rendering is part of the hook. */
function rendersItself({ mw, hook, sees = '' }: HookEvent, middleware: readonly Middleware[]): boolean {
  const made = middleware.find(({ name }) => name === mw)
  if (made === undefined || made.style === 'builtin' || !sees.endsWith(':unrendered')) return false
  const all: Record<string, unknown> = { ...made.hooks, ...made }
  return ((all[hook] as Behaviour | undefined)?.do ?? []).some(({ op }) => op === 'render')
}

/** Post-render steps are part of rendering: one that fails is its failure. */
function failingStep(events: readonly Event[], render: number): Out | undefined {
  const rest = events.slice(render + 1)
  const end = rest.findIndex(({ e }) => e !== 'post_render' && e !== 'note')
  return rest.slice(0, end).find((event) => event.e === 'post_render' && event.out.startsWith('raise:'))?.['out' as never]
}

/** `internal_error` stands for any error of the framework, a `TypeError` too. */
const tellOf = ({ name, parent, attributes, error }: Recorded): Told => ({
  name,
  parent: parent?.name ?? '',
  outcome: attributes['phaseline.outcome'] as string | undefined,
  error: nameOf(error ?? (attributes['error.type'] as string | undefined)),
  failed: error !== undefined,
})
const nameOf = (type: string | undefined): string | undefined => (type === 'TypeError' ? 'internal_error' : type)

/** Both parts of an around middleware are phases, also those that the scenario has nothing to do in and no event of. */
function withoutIdleParts(spans: readonly Told[], wanted: readonly Told[], middleware: readonly Middleware[]): Told[] {
  const parts = new Set(
    middleware.flatMap(({ name, style }) => (style === 'around' ? [`${name} process_request`, `${name} process_response`] : [])),
  )
  let next = 0
  return spans.filter(({ name }) => {
    if (name === wanted[next]?.name) return ++next > 0
    return !parts.has(name)
  })
}

const scenarios = ['named', 'random', 'more'].flatMap((name) =>
  readFileSync(join(import.meta.dirname, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Scenario),
)

let recorded: Recorder
beforeAll(registerConverters)
beforeEach(() => void (recorded = recorder()))
afterEach(() => recorded.restore())

const GATEWAY = label('gateway', 'test')

/** The spans of each request of a scenario. */
async function spansOf(scenario: Scenario, later: boolean): Promise<Recorded[][]> {
  const requests: Recorded[][] = []
  await play(scenario, {
    later,
    async around(serve) {
      recorded.clear()
      const gateway = recorded.observer.open(GATEWAY)
      await recorded.observer.run(gateway, serve, undefined)
      gateway.end()
      requests.push(recorded.phases().filter(({ id }) => id !== 'gateway'))
    },
  })
  return requests
}

test.for([false, true])(
  'the spans of all scenarios tell what the recordings tell, with promises everywhere: %s',
  async (later) => {
    let compared = 0
    for (const scenario of scenarios) {
      for (const [index, phases] of (await spansOf(scenario, later)).entries()) {
        const { events } = scenario.expect.requests[index] as { events: Event[] }
        const wanted = expected(events, scenario)
        const spans = phases.filter(({ id }) => id !== 'handler').map(tellOf)
        expect({ id: scenario.id, index, spans: withoutIdleParts(spans, wanted, scenario.middleware) }).toEqual({
          id: scenario.id,
          index,
          spans: wanted,
        })
        expect(phases.filter(({ finish }) => finish === undefined)).toEqual([])
        compared += wanted.length
      }
    }
    expect(compared).toBeGreaterThan(9_000)
  },
)

test('the handler span fails with what reaches the server, and only then', async () => {
  for (const scenario of scenarios) {
    for (const [index, phases] of (await spansOf(scenario, false)).entries()) {
      const { outcome, at, type } = scenario.expect.requests[index] as Scenario['expect']['requests'][number]
      const [handler] = phases as [Recorded]
      const { error } = ending(outcome === 'raised' && at === 'handler' ? `raise:${type as ExcType}` : '', undefined)
      expect([scenario.id, handler.name, tellOf(handler).error]).toEqual([scenario.id, 'handler', error])
    }
  }
})
