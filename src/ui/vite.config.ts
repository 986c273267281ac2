import { fileURLToPath } from 'node:url'
import { defineConfig, type UserConfig } from 'vite'

const page: string = fileURLToPath(new URL('../../dist/page', import.meta.url))

/** The page is built to `dist/page`: nothing inlined (the content security policy allows no inline code), names carry hashes. */
const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: page,
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})

export default config
