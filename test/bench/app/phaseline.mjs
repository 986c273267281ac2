// What `node --import phaseline/register` does, from the built package: people run that, and it is 5 % faster to start.
await import('../../../dist/register.js')
const { flush } = await import('../../../dist/index.js')
globalThis.benchFlush = () => flush()
