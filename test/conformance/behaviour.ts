import {
  HttpResponse,
  StreamingHttpResponse,
  TemplateResponse,
  type Chunk,
  type HttpRequest,
  type Kwargs,
  type Maybe,
  type Pieces,
  type PostRender,
} from '../../src/lifecycle/index.ts'
import { badAccess, exception } from './exceptions.ts'
import type { Behaviour, Callback, Json, Op } from './format.d.ts'
import { describe, outcome, respond, template } from './responses.ts'
import { record, type Story } from './story.ts'
import { decode, decodeAll } from './values.ts'
import { viewNames } from './view-names.ts'

/** What a behaviour may touch. */
export interface Situation {
  readonly story: Story
  /** Receivers of `request_started` and `request_finished` have none. */
  readonly request: HttpRequest
  /** Whether a response is given at all, and what it is. */
  readonly response?: unknown
  readonly kwargs?: Kwargs
}

/** Does what a behaviour says; gives what it gives. */
export function perform({ do: ops = [], out, on }: Behaviour, situation: Situation): Maybe<unknown> {
  const { story, request, response } = situation
  return story.maybeLater(() => {
    if (on !== undefined && !on.includes(story.index)) return response
    return after(operate(ops, situation), () => {
      if (out === 'none') return undefined
      if (out === 'pass') return response
      if ('raise' in out) throw exception(out.raise)
      return 'value' in out
        ? out.value
        : respond(out.response, request, story, (callback) => postRender(callback, request, story))
    })
  })
}

const after = <T>(before: Maybe<void>, goOn: () => T): Maybe<T> => (before instanceof Promise ? before.then(goOn) : goOn())

function operate(ops: readonly Op[], situation: Situation): Maybe<void> {
  for (const [index, op] of ops.entries()) {
    const done = operation(op, situation)
    if (done instanceof Promise) return done.then(() => operate(ops.slice(index + 1), situation))
  }
}

type OnRequest = Extract<
  Op,
  { op: 'set_attr' | 'note_attr' | 'note_match' | 'set_urlconf' | 'set_path' | 'reverse' | 'set_view_kwarg' }
>
const ON_REQUEST = new Set(['set_attr', 'note_attr', 'note_match', 'set_urlconf', 'set_path', 'reverse', 'set_view_kwarg'])

function operation(op: Op, situation: Situation): Maybe<unknown> {
  if (ON_REQUEST.has(op.op)) return onRequest(op as OnRequest, situation)
  if (!(situation.response instanceof HttpResponse)) throw badAccess()
  return onResponse(op as Exclude<Op, OnRequest>, situation.response, situation)
}

function onRequest(op: OnRequest, { request, story, kwargs }: Situation): void {
  const note = (what: 'attr' | 'match' | 'reverse', value: Json, about: object = {}): void =>
    void story.events.push({ e: 'note', what, ...about, value })
  switch (op.op) {
    case 'set_attr':
      return void (request.state[op.key] = op.value)
    case 'note_attr':
      return note('attr', (request.state[op.key] ?? null) as Json, { key: op.key })
    case 'note_match':
      return note('match', request.resolverMatch === null ? null : (viewNames.get(request.resolverMatch.view) ?? null))
    case 'set_urlconf':
      return void (request.urlconf = op.urlconf)
    case 'set_path':
      return void (request.pathInfo = op.path)
    case 'reverse':
      return note('reverse', reversed(op, request), { name: op.name })
    case 'set_view_kwarg':
      return void ((kwargs as Kwargs)[op.key] = op.value)
  }
}

function reversed({ name, args = [], kwargs }: Extract<Op, { op: 'reverse' }>, request: HttpRequest): string | null {
  try {
    return request.reverse(name, { args: args.map(decode), kwargs: decodeAll(kwargs) })
  } catch {
    return null
  }
}

function onResponse(op: Exclude<Op, OnRequest>, response: HttpResponse, situation: Situation): Maybe<unknown> {
  switch (op.op) {
    case 'set_header':
      return void response.headers.set(op.name, op.value)
    case 'del_header':
      return void response.headers.delete(op.name)
    case 'set_status':
      return void (response.statusCode = op.status)
    case 'set_cookie':
      return response.setCookie(op.key, op.value)
    case 'append_body':
      return response.write(op.text)
    case 'prefix_chunks':
      return prefix(response, op.text)
    case 'note_content':
      if (response.streaming) throw badAccess()
      return void situation.story.events.push({ e: 'note', what: 'content', value: response.text })
    default:
      if (!(response instanceof TemplateResponse)) throw badAccess()
      return onTemplate(op, response, situation)
  }
}

type OnTemplate = Extract<Op, { op: 'set_context' | 'set_template' | 'add_post_render' | 'render' }>

function onTemplate(op: OnTemplate, response: TemplateResponse, { request, story }: Situation): Maybe<unknown> {
  switch (op.op) {
    case 'set_context':
      return void (response.context[op.key] = op.value)
    case 'set_template':
      return void (response.template = template(op.template, story))
    case 'add_post_render':
      return response.addPostRenderCallback(postRender(op.callback, request, story))
    default:
      return response.render()
  }
}

function prefix(response: HttpResponse, text: string): void {
  if (!(response instanceof StreamingHttpResponse)) throw badAccess()
  const { streamingContent } = response
  response.streamingContent = prefixed(streamingContent, text)
}

async function* prefixed(pieces: Pieces, text: string): AsyncGenerator<Chunk> {
  for await (const piece of pieces as AsyncIterable<Chunk>) yield text + String(piece)
}

/** A callback after rendering. */
function postRender(callback: Callback, request: HttpRequest, story: Story): PostRender {
  return (response) =>
    record(
      story,
      { e: 'post_render', name: callback.name, sees: describe(response) },
      () => perform(callback, { request, response, story }) as ReturnType<PostRender>,
      (given) => outcome(callback, given, story, true),
    )
}
