import { ContentNotRendered } from './errors.ts'
import { isPromise, andThen, type Maybe } from './maybe.ts'
import { watchRender } from './stages.ts'
import type { HttpRequest } from './request.ts'
import { HttpResponse, type Chunk, type ResponseOptions } from './response.ts'

/** What a template is filled with. */
export type Context = Record<string, unknown>

/** A template that was loaded. */
export interface Template {
  readonly name: string
  render(context: Context, request: HttpRequest): Maybe<string>
}

/** Makes text of named templates. Throws for a name that it does not know. */
export interface TemplateEngine {
  render(name: string, context: Context, request: HttpRequest): Maybe<string>
  /** Whether there is such a template; asked for error pages only. */
  has?(name: string): boolean
}

/** Called with the rendered response; gives another one in its place, or nothing. */
export type PostRender = (response: HttpResponse) => Maybe<HttpResponse | undefined | void>

/** A response that is rendered after the view and after all `processTemplateResponse` hooks. */
export class TemplateResponse extends HttpResponse {
  readonly request: HttpRequest
  /** A name for the engine of the settings, or a template. */
  template: string | Template
  context: Context
  #rendered = false
  #callbacks: PostRender[] = []

  constructor(request: HttpRequest, template: string | Template, context: Context = {}, options: ResponseOptions = {}) {
    super('', options)
    this.request = request
    this.template = template
    this.context = context
  }

  get isRendered(): boolean {
    return this.#rendered
  }

  /** Throws `ContentNotRendered` before `render`. */
  override get content(): Chunk {
    if (!this.#rendered) throw new ContentNotRendered()
    return super.content
  }

  /** Setting it is rendering it. */
  override set content(content: Chunk) {
    super.content = content
    this.#rendered = true
  }

  get templateName(): string {
    return typeof this.template === 'string' ? this.template : this.template.name
  }

  /** Called right after rendering; at once if that is over. */
  addPostRenderCallback(callback: PostRender): Maybe<void> {
    if (!this.#rendered) this.#callbacks.push(callback)
    else return andThen(callback(this) as Maybe<unknown>, () => {})
  }

  /** Renders, once, and calls the callbacks. @returns this response, or the one that a callback gave */
  render(): Maybe<HttpResponse> {
    if (this.#rendered) return this
    return watchRender(this.request, this.templateName, () =>
      andThen(this.#text(), (text) => {
        this.content = text
        return this.#finish(0, this)
      }),
    )
  }

  #text(): Maybe<string> {
    const { template, context, request } = this
    return typeof template === 'string'
      ? request.app.templates.render(template, context, request)
      : template.render(context, request)
  }

  #finish(from: number, current: HttpResponse): Maybe<HttpResponse> {
    let response = current
    for (let index = from; index < this.#callbacks.length; index++) {
      const next = (this.#callbacks[index] as PostRender)(response)
      if (isPromise(next)) return next.then((late) => this.#finish(index + 1, late ?? response))
      response = next ?? response
    }
    return response
  }
}
