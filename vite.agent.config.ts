import { relative, resolve } from 'node:path'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const src = resolve(import.meta.dirname, 'src')

/**
 * What every room shares stays as it is, a module of its own: an app may load the framework or the test helpers beside the
 * agent, and they must meet in the same observer.
 */
const shared: Plugin = {
  name: 'shared',
  enforce: 'pre',
  async resolveId(source, importer) {
    const found = importer === undefined ? null : await this.resolve(source, importer, { skipSelf: true })
    if (found === null || !found.id.startsWith(resolve(src, 'model'))) return null
    return { id: `./${relative(src, found.id).replace(/\.ts$/, '.js')}`, external: 'relative' }
  },
}

/**
 * What runs inside the app, in few files instead of a hundred: each that Node has to find and to read costs every start of every app a third
 * of a millisecond. Written over what the compiler has made of the two entries; the types stay.
 */
const config: UserConfig = defineConfig({
  plugins: [shared],
  build: {
    ssr: true,
    target: 'node22',
    outDir: 'dist',
    emptyOutDir: false,
    minify: false,
    rollupOptions: {
      input: { index: resolve(src, 'index.ts'), register: resolve(src, 'register.ts') },
      output: { entryFileNames: '[name].js', chunkFileNames: 'agent-[name].js' },
    },
    reportCompressedSize: false,
  },
})

export default config
