import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installed } from '../tools.ts'

/** It asks nobody for anything, and shows nothing of its own. */
const PREFERENCES = {
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'extensions.update.enabled': false,
  'browser.safebrowsing.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
}

/**
 * A real Firefox, with a profile of its own, that opens a page. Nothing drives it: the page's own scripts do what is to be done, and
 * the servers that it asks see how it went.
 * @returns ends it, and resolves once it is gone
 */
export async function openFirefox(url: string): Promise<() => Promise<void>> {
  const profile = await mkdtemp(join(tmpdir(), 'phaseline-firefox-'))
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  )
  await writeFile(join(profile, 'user.js'), lines.join('\n'))
  // A group of its own, for its many processes; HOME, for it keeps something there whatever its profile.
  const options = { stdio: 'ignore', detached: true, env: { ...process.env, HOME: profile } } as const
  const child = spawn(installed('firefox-esr') as string, ['--headless', '--no-remote', '--profile', profile, url], options)
  const gone = once(child, 'exit')
  return async () => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL')
    } catch {
      // It is gone already.
    }
    await gone
    await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}
