import { fileURLToPath } from 'node:url'
import { defineConfig, type UserConfig } from 'vite'

/** Members of the script's own objects, which nobody else sees: short in the file. None of them is a browser's, or OTLP's. */
const OWN =
  /^(?:answered|answeredBy|begin|begun|cancelled|close|failed|failure|flush|inside|leave|left|outcome|phase|propagateTo|sampled|serviceName|timed|traceparent|traced)$/

/** The script for a tag, in one file: `dist/browser/phaseline.js`. */
const config: UserConfig = defineConfig({
  build: {
    lib: {
      entry: fileURLToPath(new URL('script.ts', import.meta.url)),
      formats: ['iife'],
      name: 'phaseline',
      fileName: () => 'phaseline.js',
    },
    outDir: fileURLToPath(new URL('../../dist/browser', import.meta.url)),
    emptyOutDir: false,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    reportCompressedSize: false,
    minify: 'oxc',
    rolldownOptions: { output: { minify: { mangleProps: { include: OWN } } } },
  },
})

export default config
