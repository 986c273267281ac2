import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { installed } from '../tools.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A fresh browser without a history. @throws an error that says what is missing */
export async function openBrowser(): Promise<BrowserContext> {
  const executablePath = installed('chromium')
  if (executablePath === undefined) throw new Error('Chromium is not installed; its tests need it')
  const profile = mkdtempSync(join(tmpdir(), 'phaseline-chromium-'))
  return chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    headless: true,
    viewport: { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
}

/** A page, and everything that went wrong in it: exceptions, errors on the console (a broken policy is one), requests elsewhere. */
export async function openPage(browser: BrowserContext, url: string): Promise<{ page: Page; wrongs: string[] }> {
  const page = await browser.newPage()
  const wrongs: string[] = []
  page.on('pageerror', (error) => wrongs.push(error.message))
  page.on('console', (message) => message.type() === 'error' && wrongs.push(message.text()))
  page.on('request', (request) => new URL(request.url()).origin !== new URL(url).origin && wrongs.push(`asked ${request.url()}`))
  await page.goto(url)
  return { page, wrongs }
}
