import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { openBrowser } from '../ui/browser.ts'
import { gone, listening, Sink, Site } from './site.ts'

/** What each test finds afresh. */
export interface Visit {
  sink: Sink
  /** Its pages send to the sink. */
  site: Site
  page: Page
  /** Exceptions, and failures that nobody caught, of the page. */
  wrongs: string[]
  /** Another site, whose tag has these attributes. */
  opened(data: Readonly<Record<string, string>>): Promise<Site>
}

/** For the tests of a file: one Chromium for all, a page and its site for each. */
export function inChromium(): Visit {
  let browser: BrowserContext | undefined
  const sites: Site[] = []
  const opened = async (data: Readonly<Record<string, string>>): Promise<Site> => {
    const site = new Site(data)
    sites.push(site)
    await listening(site.server)
    return site
  }
  const visit = { opened } as Visit

  beforeAll(async () => void (browser = await openBrowser()))
  afterAll(() => browser?.close())
  beforeEach(async () => {
    visit.sink = new Sink()
    await listening(visit.sink.server)
    visit.site = await opened({ endpoint: visit.sink.url, service: 'shop-page' })
    visit.page = await (browser as BrowserContext).newPage()
    visit.wrongs = []
    visit.page.on('pageerror', (error) => visit.wrongs.push(error.message))
  })
  afterEach(async () => {
    await visit.page.close()
    gone(visit.sink.server)
    for (const { server } of sites.splice(0)) gone(server)
  })
  return visit
}
