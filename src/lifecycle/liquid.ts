import { Liquid } from 'liquidjs'
import { csrfToken } from './csrf.ts'
import { ImproperlyConfigured } from './errors.ts'
import { escapeHtml, SafeHtml } from './html.ts'
import type { Message } from './messages.ts'
import type { HttpRequest } from './request.ts'
import type { CompleteSettings } from './settings.ts'
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
 * `{{ 'book-detail' | url: book.id }}`.
 * @param options.cache whether a template is read once only
 */
export function liquidTemplates(directory: string, { cache = true }: { cache?: boolean } = {}): TemplateEngine {
  const outputEscape = (value: unknown): string =>
    value instanceof SafeHtml ? value.html : escapeHtml(value === undefined || value === null ? '' : String(value))
  const engine = new Liquid({ root: directory, extname: '.html', cache, outputEscape, ownPropertyOnly: false })
  engine.registerFilter('url', function (name: string, ...args: unknown[]) {
    return (this.context.globals as { request: HttpRequest }).request.reverse(name, { args })
  })
  return {
    render: (name, context, request) => engine.renderFile(name, context, { globals: globals(request) }) as Promise<string>,
  }
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
