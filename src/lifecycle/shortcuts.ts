import type { HttpRequest } from './request.ts'
import { HttpResponseRedirect, type RedirectOptions, type ResponseOptions } from './response.ts'
import { NoReverseMatch } from './errors.ts'
import { TemplateResponse, type Context } from './template.ts'
import type { ReverseOptions } from './urls/reverse.ts'

/** A page from a template of the settings, rendered after the view. */
export function render(
  request: HttpRequest,
  template: string,
  context: Context = {},
  options: ResponseOptions = {},
): TemplateResponse {
  return new TemplateResponse(request, template, context, options)
}

/**
 * A redirect to the URL of a name; to a path or URL as it is, if it is no name and has a slash or a dot in it.
 * Throws `NoReverseMatch`, and `DisallowedRedirect` for a scheme other than http, https, ftp.
 */
export function redirect(request: HttpRequest, to: string, options: RedirectOptions & ReverseOptions = {}): HttpResponseRedirect {
  return new HttpResponseRedirect(target(request, to, options), options)
}

function target(request: HttpRequest, to: string, options: ReverseOptions): string {
  if (to.startsWith('./') || to.startsWith('../')) return to
  try {
    return request.reverse(to, options)
  } catch (error) {
    if (error instanceof NoReverseMatch && /[/.]/.test(to)) return to
    throw error
  }
}
