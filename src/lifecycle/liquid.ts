import { Liquid, type Template as LiquidTemplate } from 'liquidjs'
import type { CompleteSettings } from './complete-settings.ts'
import { csrfToken } from './csrf.ts'
import { ImproperlyConfigured } from './errors.ts'
import { escapeHtml, SafeHtml } from './html.ts'
import { andThen, isPromise, type Maybe } from './maybe.ts'
import type { Message } from './messages.ts'
import type { HttpRequest } from './request.ts'
import type { Context, TemplateEngine } from './template.ts'

/** The engine of the settings: their own, Liquid over a directory, or one that says what is missing. */
export function templatesOf({ templates, debug }: CompleteSettings): TemplateEngine {
  if (templates === undefined) return none
  return typeof templates === 'string' ? liquidTemplates(templates, { cache: !debug }) : templates
}

const none: TemplateEngine = {
  render(name) {
    throw new ImproperlyConfigured(`There is no template "${name}": settings.templates names no directory`)
  },
}

/**
 * Liquid templates (https://liquidjs.com): Django's own syntax but for details. What a template prints is HTML-escaped unless
 * it says `| raw`. Beside the context it has `request`, `user`, `messages`, `csrf_token`, `csrf_input`, and
 * `{{ 'book-detail' | url: book.id }}`. Promises among the values of the context are awaited before; deeper ones are refused.
 * Rendering itself is synchronous (measured: an eighth of the CPU that Liquid's asynchronous rendering takes).
 * @param options.cache whether a template is read once only
 */
export function liquidTemplates(directory: string, { cache = true }: { cache?: boolean } = {}): TemplateEngine {
  const engine = new Liquid({ root: directory, extname: '.html', cache, outputEscape: printed, ownPropertyOnly: false })
  const parsed = new Map<string, LiquidTemplate[]>()
  engine.registerFilter('url', function (name: string, ...args: unknown[]) {
    return (this.context.globals as { request: HttpRequest }).request.reverse(name, { args })
  })
  function load(name: string): LiquidTemplate[] {
    const found = parsed.get(name) ?? engine.parseFileSync(name)
    if (cache) parsed.set(name, found)
    return found
  }
  return {
    render: (name, context, request) =>
      andThen(settled(context), (values) => engine.renderSync(load(name), values, { globals: globals(request) }) as string),
  }
}

/** What is printed: text, escaped, unless it is HTML that was made on purpose. */
function printed(value: unknown): string {
  if (value instanceof SafeHtml) return value.html
  if (isPromise(value)) throw new TypeError('A template was given a promise inside a value of its context: await it in the view')
  // Joined as text: nothing and null are empty, an object says what its toString says.
  return escapeHtml(typeof value === 'string' ? value : [value].join())
}

/** The context with its promises awaited. */
function settled(context: Context): Maybe<Context> {
  const waiting = Object.entries(context).filter(([, value]) => isPromise(value))
  if (waiting.length === 0) return context
  return Promise.all(waiting.map(async ([key, value]) => [key, await value] as const)).then((late) => ({
    ...context,
    ...Object.fromEntries(late),
  }))
}

/** What every template knows. Made when a template asks: a page without a form costs its visitor no cookie. */
function globals(request: HttpRequest): Context {
  let shown: readonly Message[] | undefined
  return {
    request,
    get csrf_token() {
      return csrfToken(request)
    },
    get csrf_input() {
      return new SafeHtml(`<input type="hidden" name="csrfmiddlewaretoken" value="${csrfToken(request)}">`)
    },
    get messages() {
      return (shown ??= request.extras.messages === undefined ? [] : [...request.messages])
    },
    get user() {
      return request.extras.user
    },
  }
}
