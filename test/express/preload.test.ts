import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const apps = `${import.meta.dirname}/apps`

test.each([
  ['app.mjs', 'nobody else'],
  ['app.cjs', 'nobody else'],
  ['app4.mjs', 'nobody else'],
  ['app4.cjs', 'nobody else'],
  ['app.cjs', 'somebody who gives each router a handle of its own'],
  ['app4.cjs', 'somebody who gives each router a handle of its own'],
])('an app in a process of its own, %s, is watched without a line of code, where %s watches it too', async (app, other) => {
  const before = other === 'nobody else' ? [] : ['--require', `${apps}/other-tracer.cjs`]
  const { stdout } = await run(process.execPath, [...before, '--import', `${apps}/observe.ts`, `${apps}/${app}`])
  const books = app.endsWith('.mjs') ? app.replace('app', 'books') : app
  // Express 4's own two; and what a busy machine takes away from a layer after next(), which `delays.test.ts` is about.
  const lines = stdout.split('\n').filter((line) => !/(query|expressInit) process_request$| process_response$/.test(line))
  const all = 'gateway GET /books/:id … > handler'
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^${all} > test/express/apps/${app}:\\d+ process_request$`)),
    `${all} > resolve > resolve`,
    expect.stringMatching(new RegExp(`^${all} > resolve > view test/express/apps/${books}:3$`)),
  ])
})
