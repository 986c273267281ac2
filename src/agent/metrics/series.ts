import { OWN, type Attributes } from '../../model/attributes.ts'
import { Histogram } from '../../model/histogram.ts'
import type { Label } from '../../model/label.ts'
import type { Exemplar } from '../../otlp/encode-metrics.ts'
import type { AgentPhase } from '../phase.ts'

/** So many different phases, each on each route, are told apart; the rest are `other`. */
const MOST_SERIES = 2_000

/** What was measured of one phase on one route since the last export. */
export class Series {
  readonly attributes: Attributes
  /** Seconds of its own. */
  self: Histogram = new Histogram()
  errors = 0
  /** The sum of its shares of the requests' whole times. */
  share = 0
  slowest: Exemplar | undefined = undefined
  /** One taken at random: shows what is usual. */
  typical: Exemplar | undefined = undefined

  constructor(attributes: Attributes) {
    this.attributes = attributes
  }

  /** Remembers a request whose spans leave, if it is the slowest, or by a chance that is the same for all. Comes after `self.record`. */
  example(phase: AgentPhase, value: number): void {
    const slowest = this.slowest === undefined || value > this.slowest.value
    const typical = this.typical === undefined || Math.random() * this.self.count < 1
    if (!slowest && !typical) return
    const exemplar = { ids: idsOf(phase), value, at: phase.ended }
    if (slowest) this.slowest = exemplar
    if (typical) this.typical = exemplar
  }

  get exemplars(): Exemplar[] {
    const { slowest, typical } = this
    if (slowest === undefined) return []
    return typical === undefined || typical === slowest ? [slowest] : [slowest, typical]
  }

  /** What is measured from now on is counted from zero. */
  reset(): void {
    this.self = new Histogram()
    this.errors = this.share = 0
    this.slowest = this.typical = undefined
  }
}

/** Words and no reference: an exemplar must not keep a request in memory. */
function idsOf({ record, index }: AgentPhase): Uint32Array {
  return Uint32Array.of(record.trace0, record.trace1, record.trace2, record.trace3, record.span0, record.span1 + index)
}

/** A route as the place of its series on every label. */
interface Route {
  readonly place: number
  /** Empty: none was found. */
  readonly name: string
}

/** What is kept on a label, so that a phase finds its series without a search. */
interface Measured {
  readonly book: SeriesBook
  /** The route that it names: a `gateway`'s. */
  readonly route: Route
  /** By the route's place. */
  readonly series: Series[]
}

/** All series of this process. */
export class SeriesBook {
  private readonly known = new Map<string, Series>()
  private readonly routes = new Map<string, Route>()

  /** The series of a phase. @param root the label of the request's outermost phase, which names the route */
  of(label: Label, root: Label): Series {
    const { route } = this.measured(root)
    const { series } = this.measured(label)
    return (series[route.place] ??= this.find(label, route))
  }

  private measured(label: Label): Measured {
    const found = label.measured as Measured | undefined
    return found !== undefined && found.book === this ? found : this.remember(label)
  }

  private remember(label: Label): Measured {
    const measured = { book: this, route: this.routeOf(label), series: [] }
    label.measured = measured
    return measured
  }

  private routeOf({ attributes }: Label): Route {
    const given = attributes['http.route']
    const name = typeof given === 'string' ? given : ''
    let route = this.routes.get(name)
    if (route === undefined) {
      // More routes than there may be series: those have none of their own anyway.
      route = this.routes.size > MOST_SERIES ? { place: MOST_SERIES + 1, name } : { place: this.routes.size, name }
      if (route.place <= MOST_SERIES) this.routes.set(name, route)
    }
    return route
  }

  private find(label: Label, route: Route): Series {
    const attributes = attributesOf(label, route.name)
    const key = Object.values(attributes).join('\0')
    const found = this.known.get(key)
    if (found !== undefined) return found
    return this.known.size < MOST_SERIES ? this.make(key, attributes) : this.other(label)
  }

  private make(key: string, attributes: Attributes): Series {
    const made = new Series(attributes)
    this.known.set(key, made)
    return made
  }

  /** The one of a phase that takes what there are too many of. */
  private other({ phase }: Label): Series {
    const key = `other\0${phase?.id}`
    const attributes = { [OWN.phase]: phase?.id ?? '', [NAME]: 'other', 'otel.metric.overflow': true }
    return this.known.get(key) ?? this.make(key, attributes)
  }

  /** What a phase is told apart by. @param root as of `of` */
  attributesOf(label: Label, root: Label): Attributes {
    return attributesOf(label, this.measured(root).route.name)
  }

  all(): Series[] {
    return [...this.known.values()]
  }

  /** Those that something was measured of since they were reset. */
  filled(): Series[] {
    return this.all().filter(({ self }) => self.count > 0)
  }
}

/** The attribute that a phase's name goes by in metrics. */
export const NAME = 'phaseline.name'

function attributesOf({ phase, name, attributes }: Label, route: string): Attributes {
  const { [OWN.middlewareName]: middleware, [OWN.middlewareHook]: hook } = attributes
  return {
    [OWN.phase]: phase?.id ?? '',
    [NAME]: typeof middleware === 'string' ? middleware : name,
    ...(typeof hook === 'string' && { [OWN.middlewareHook]: hook }),
    ...(route !== '' && { 'http.route': route }),
  }
}
