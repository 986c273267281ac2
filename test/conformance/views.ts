import {
  requireHttpMethods,
  View,
  type HttpRequest,
  type HttpResponse,
  type Kwargs,
  type Maybe,
  type ViewFunction,
} from '../../src/lifecycle/index.ts'
import { perform } from './behaviour.ts'
import type { Behaviour, Event, View as Description } from './format.d.ts'
import { describe } from './responses.ts'
import { record, type Story } from './story.ts'
import { encode, encodeAll } from './values.ts'
import { viewNames } from './view-names.ts'

type ViewEvent = Extract<Event, { e: 'view' }>

/** The view that a scenario describes. */
export function makeView(name: string, what: Description, story: Story): ViewFunction {
  const inner = what.kind === 'class' ? classView(name, what, story) : functionView(what, story)
  const view: ViewFunction = (request, kwargs: Kwargs, ...args) => {
    const begun: ViewEvent = { e: 'view', view: name, args: args.map(encode), kwargs: encodeAll(kwargs), out: '' }
    return record(story, begun, () => inner(request, kwargs, ...args), describe)
  }
  Object.defineProperty(view, 'name', { value: name })
  if (what.kind === 'function' && what.no_append_slash === true) view.appendSlash = false
  viewNames.set(view, name)
  return view
}

/** The view's own event, which is the last one of its kind. */
function handledBy(story: Story, handler: string): void {
  const event = story.events.findLast((event): event is ViewEvent => event.e === 'view')
  if (event !== undefined) event.handler = handler
}

const act = (behaviour: Behaviour, request: HttpRequest, story: Story): Maybe<HttpResponse> =>
  perform(behaviour, { request, story }) as Maybe<HttpResponse>

function functionView(
  { do_view: behaviour, require_methods: methods }: Extract<Description, { kind: 'function' }>,
  story: Story,
): ViewFunction {
  const view: ViewFunction = (request) => act(behaviour, request, story)
  if (methods === undefined) return view
  const limited = requireHttpMethods(methods, view)
  return (request, kwargs, ...args) => {
    if (!methods.includes(request.method)) handledBy(story, 'method_not_allowed')
    return limited(request, kwargs, ...args)
  }
}

function classView(
  name: string,
  { methods, http_method_names: names }: Extract<Description, { kind: 'class' }>,
  story: Story,
): ViewFunction {
  class Described extends View {
    override httpMethodNames = names ?? new View().httpMethodNames

    override options(request: HttpRequest, kwargs: Kwargs): Maybe<HttpResponse> {
      handledBy(story, 'default_options')
      return super.options(request, kwargs)
    }

    override httpMethodNotAllowed(request: HttpRequest): Maybe<HttpResponse> {
      handledBy(story, 'method_not_allowed')
      return super.httpMethodNotAllowed(request)
    }
  }
  for (const [method, behaviour] of Object.entries(methods)) {
    const value = (request: HttpRequest): Maybe<HttpResponse> => {
      handledBy(story, method)
      return act(behaviour, request, story)
    }
    Object.defineProperty(Described.prototype, method, { value })
  }
  Object.defineProperty(Described, 'name', { value: name })
  return Described.asView()
}
