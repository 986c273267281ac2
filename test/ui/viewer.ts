import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import type { ControlJson } from '../../src/query/wire/controls.ts'
import { bookshop, EPOCH, spansOf, type Part } from '../query/bookshop.ts'
import { served } from '../query/fixture.ts'
import { missing } from '../tools.ts'
import { openBrowser, openPage } from './browser.ts'

/** What to give to `test.skipIf`. */
export const noBrowser: boolean = missing('chromium')

/** The trace id of the first request. */
export const ONE: string = '1'.padStart(32, '0')

/** The page under test: a browser for the file, a server and a page for each test. */
export interface Viewer {
  serving: Awaited<ReturnType<typeof served>>
  page: Page
  /** The switches that the server offers. */
  readonly controls: ControlJson[]
  /** The server gets a request. @param number its trace; later ones start later @param zero ns since the epoch at which it starts */
  receive(number: number, root?: Part, zero?: bigint): void
  /** What evaluates alerts; it learns from what is received. */
  alerts: AlertEngine
  open(path: string): Promise<Page>
}

/** Registers what is done before and after each test; a test fails if anything went wrong in its page. */
export function viewer(): Viewer {
  let browser: BrowserContext | undefined
  let wrongs: string[] = []
  const controls: ControlJson[] = []
  const set = (id: string, on: boolean): void => {
    for (const each of controls) if (each.id === id) each.on = on
  }
  const view = {
    controls,
    receive(number, root = bookshop(), zero = EPOCH + BigInt(number) * 1_000_000_000n) {
      view.alerts.learn(view.serving.store.receive(spansOf(root, number, zero)))
    },
    async open(path) {
      ;({ page: view.page, wrongs } = await openPage(browser as BrowserContext, view.serving.url + path))
      return view.page
    },
  } as Viewer
  beforeAll(async () => {
    if (!noBrowser) browser = await openBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    controls.length = 0
    wrongs = []
    view.alerts = new AlertEngine()
    view.serving = await served({ alerts: view.alerts, controls: { list: () => controls, set }, jaegerUrl: 'http://jaeger.test' })
  })
  afterEach(async () => {
    await view.page?.close()
    await view.serving.close()
    expect(wrongs).toEqual([])
  })
  return view
}
