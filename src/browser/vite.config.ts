import { fileURLToPath } from 'node:url'
import { defineConfig, type UserConfig } from 'vite'

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
  },
})

export default config
