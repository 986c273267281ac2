import { HttpResponse, path, rePath, type HttpRequest, type UrlPattern } from '../lifecycle/index.ts'
import { NOT_BUILT, pageFile } from './page.ts'

const TEXT = 'text/plain; charset=utf-8'

/** Answers with a file of the page. @param status 404 for an address that only the page can explain */
function pageView(folder: string, fixed?: string, status = 200) {
  return async function page(request: HttpRequest, { file = fixed ?? '' }: { file?: string }): Promise<HttpResponse> {
    const found = await pageFile(file, folder)
    if (found === undefined) {
      const missing = file === 'index.html' ? 503 : 404
      return new HttpResponse(missing === 503 ? NOT_BUILT : 'There is no such file.\n', {
        status: missing,
        contentType: TEXT,
      })
    }
    const { headers, body } = found
    if (request.header('if-none-match') === headers['ETag']) return new HttpResponse('', { status: 304, headers })
    return new HttpResponse(body, { status, headers })
  }
}

/** The page's own addresses. Whatever nobody knows is the page's too: it says so. @param folder of the built page */
export function pageUrls(folder: string): UrlPattern[] {
  const index = pageView(folder, 'index.html')
  return [
    path('', index),
    rePath('^(?:status|middleware|alerts|compare|trace/[^/]+/?)$', index),
    rePath('^(?P<file>assets/[^/]+|icon\\.svg)$', pageView(folder)),
    rePath('^(?!api/)', pageView(folder, 'index.html', 404)),
  ]
}
