/** `node --import phaseline/register app.js`: tracing without touching the app. */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  await speak()
  const { start } = await import('./index.ts')
  await start()
} else {
  process.stderr.write(`phaseline: needs Node 22.18 or newer, this is ${process.version}. The app runs, without tracing.\n`)
}

/**
 * Whoever did not touch the app has set up no OpenTelemetry diagnostics either: that nobody takes the spans, or that an SDK was
 * started too late to be given them, is said on standard error, in a line each. `OTEL_LOG_LEVEL` says otherwise.
 */
async function speak(): Promise<void> {
  const { diag, DiagLogLevel } = await import('@opentelemetry/api')
  const taken = (globalThis as { [key: symbol]: { diag?: unknown } | undefined })[Symbol.for('opentelemetry.js.api.1')]?.diag
  if (taken !== undefined || process.env['OTEL_LOG_LEVEL'] !== undefined) return
  const say = (text: string): void => void process.stderr.write(`${text.split('\n')[0]}\n`)
  const silent = (): void => {}
  diag.setLogger({ error: say, warn: say, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN)
}
