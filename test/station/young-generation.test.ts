import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('this engine knows how to grow its room for new objects at once', () => {
  const module = join(import.meta.dirname, '../../src/station/young-generation.ts')
  // V8 says nothing of a flag that it knows, and complains on the standard error of one that it does not.
  const script = `import { growAtOnce } from ${JSON.stringify(module)}; growAtOnce()`
  const said = execFileSync('sh', ['-c', '"$0" "$@" 2>&1', process.execPath, '--input-type=module', '--eval', script])
  expect(said.toString()).toBe('')
})
