import { Liquid } from 'liquidjs'
import { ImproperlyConfigured } from './errors.ts'
import type { CompleteSettings } from './settings.ts'
import type { Context, TemplateEngine } from './template.ts'
import type { HttpRequest } from './request.ts'

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
 * it says `| raw`. Beside the context it has `request`, and `{{ 'name' | url: 1 }}`.
 * @param options.cache whether a template is read once only
 */
export function liquidTemplates(directory: string, { cache = true }: { cache?: boolean } = {}): TemplateEngine {
  const engine = new Liquid({ root: directory, extname: '.html', cache, outputEscape: 'escape', ownPropertyOnly: false })
  engine.registerFilter('url', function (name: string, ...args: unknown[]) {
    const request = this.context.globals['request'] as HttpRequest | undefined
    return request?.reverse(name, { args })
  })
  return {
    render: (name, context, request) =>
      engine.renderFile(name, context as object, { globals: { request, ...extras(request) } }) as Promise<string>,
    has: () => false,
  }
}

const extras = (_request: HttpRequest): Context => ({})
