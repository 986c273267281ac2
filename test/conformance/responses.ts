import {
  FileResponse,
  HttpResponse,
  JsonResponse,
  redirect,
  StreamingHttpResponse,
  TemplateResponse,
  type Chunk,
  type HttpRequest,
  type PostRender,
  type ResponseOptions,
  type Template,
} from '../../src/lifecycle/index.ts'
import { exception } from './exceptions.ts'
import type { Callback, Out, Response as Description, Template as TemplateText } from './format.d.ts'
import { record, type Story } from './story.ts'
import { decode, decodeAll } from './values.ts'

/** A response in short: what events say of it. */
export function describe(value: unknown): Out {
  if (value === undefined || value === null) return 'none'
  if (!(value instanceof HttpResponse)) return 'value'
  if (value instanceof TemplateResponse) return `template:${value.statusCode}:${value.isRendered ? 'rendered' : 'unrendered'}`
  const kind = value instanceof FileResponse ? 'file' : value.streaming ? 'stream' : 'plain'
  return `${kind}:${value.statusCode}`
}

/** Makes the response that a scenario describes. */
export function respond(
  what: Description,
  request: HttpRequest,
  story: Story,
  step: (callback: Callback) => PostRender,
): HttpResponse {
  const { status, headers, content_type: contentType } = what
  const options: ResponseOptions = { status, headers, contentType }
  switch (what.kind) {
    case 'text':
      return new HttpResponse(what.body, options)
    case 'json':
      return new JsonResponse(what.data, plain(options))
    case 'redirect':
      return redirected(what, request, plain(options))
    case 'template': {
      const response = new TemplateResponse(request, template(what.template, story), { ...what.context }, options)
      for (const callback of what.post_render ?? []) void response.addPostRenderCallback(step(callback))
      return response
    }
    case 'stream':
      return new StreamingHttpResponse(pieces(what, story), options)
    default: {
      const { filename, content, as_attachment: asAttachment = false } = what
      const file = resource(what.name, undefined, story, [content])
      return new FileResponse(file, { ...plain(options), filename, asAttachment, size: Buffer.byteLength(content) })
    }
  }
}

/** Without the options that are not given, so that a kind's own defaults count. */
const plain = (options: ResponseOptions): ResponseOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

function redirected(
  what: Extract<Description, { kind: 'redirect' }>,
  request: HttpRequest,
  options: ResponseOptions,
): HttpResponse {
  const { permanent, preserve_request: preserveRequest, to } = what
  if (typeof to === 'string') return redirect(request, to, { ...options, permanent, preserveRequest })
  const url = request.reverse(to.name, { args: to.args?.map(decode), kwargs: decodeAll(to.kwargs) })
  return redirect(request, url, { ...options, permanent, preserveRequest })
}

/** A template of the kit: `{key}` stands for a value of the context. */
export function template(what: TemplateText, story: Story): Template {
  return {
    name: what.name,
    render: (context) =>
      story.maybeLater<string>(() =>
        record(
          story,
          { e: 'render', template: what.name },
          () => {
            if ('raise' in what) throw exception(what.raise)
            return what.text.replace(/\{(\w+)\}/g, (_, key: string) => text(context[key]))
          },
          () => 'ok',
        ),
      ),
  }
}

/** A value as the original prints it. */
const text = (value: unknown): string =>
  value === true ? 'True' : value === false ? 'False' : JSON.stringify(value ?? 'None').replace(/^"|"$/g, '')

/** How an event ended: in the scenario's words if it says nothing of a response. */
export function outcome({ out, on }: Pick<Callback, 'out' | 'on'>, given: unknown, story: Story, hasResponse: boolean): Out {
  if (on !== undefined && !on.includes(story.index)) return hasResponse ? 'pass' : 'none'
  if (out === 'none' || out === 'pass') return out
  return typeof out === 'object' && 'value' in out ? 'value' : describe(given)
}

function pieces(what: Extract<Description, { kind: 'stream' }>, story: Story): Iterable<Chunk> | AsyncIterable<Chunk> {
  function produce(index: number): string | undefined {
    if (what.raise_at?.index === index) {
      story.events.push({ e: 'produce', stream: what.name, index, out: `raise:${what.raise_at.raise.type}` })
      throw exception(what.raise_at.raise)
    }
    const piece = what.chunks[index]
    if (piece !== undefined) story.events.push({ e: 'produce', stream: what.name, index, out: 'ok' })
    return piece
  }
  function* given(): Generator<string> {
    for (let index = 0, piece; (piece = produce(index)) !== undefined; index++) yield piece
  }
  return what.close === 'none' ? given() : resource(what.name, what.close, story, given())
}

/** Something that has to be closed. */
function resource(
  name: string,
  close: 'raise' | undefined,
  story: Story,
  content: Iterable<string>,
): Iterable<string> & { close(): void } {
  return {
    [Symbol.iterator]: () => content[Symbol.iterator](),
    close: () =>
      record(
        story,
        { e: 'release', name },
        () => {
          if (close === 'raise') throw exception({ type: 'error' })
        },
        () => 'ok',
      ),
  }
}
