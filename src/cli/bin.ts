#!/usr/bin/env node
// Nothing is imported before the version is known to be new enough, so that an old Node says one line instead of a stack.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`phaseline needs Node.js 22.18 or newer, and this is ${process.versions.node} (https://nodejs.org/en/download)`)
  process.exitCode = 1
} else {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
