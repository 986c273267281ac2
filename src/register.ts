/** `node --import phaseline/register app.js`: tracing without touching the app. */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  const { start } = await import('./index.ts')
  await start()
} else {
  process.stderr.write(`phaseline: needs Node 22.18 or newer, this is ${process.version}. The app runs, without tracing.\n`)
}
