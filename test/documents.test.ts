import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseRules } from '../src/alerts/rule.ts'
import { PHASE_IDS, PHASES } from '../src/model/phases.ts'

const project = resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(project, file), 'utf8')
const documents = ['README.md', 'CHANGELOG.md', ...globSync('{docs,dashboards,src,test}/**/*.md', { cwd: project })]
const sources = globSync('src/**/*.{ts,tsx}', { cwd: project })

/** The same words, each once, in order. */
const each = (words: Iterable<string>): string[] => [...new Set(words)].sort()
const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([whole, group]) => group ?? whole)

/** As the pages that show Markdown make them of headings. */
const anchors = (text: string): string[] =>
  found(text, /^#+ (.*)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  )

test.each(documents)('every link of %s within the project leads somewhere', (document) => {
  const links = found(read(document).replace(/```[\s\S]*?```/g, ''), /(?:\]\(|(?:src|srcset|href)=")([^)"\s]+)/g)
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? document : join(dirname(document), path)
      return !existsSync(join(project, target)) || (anchor !== undefined && !anchors(read(target)).includes(anchor))
    })
  expect(broken).toEqual([])
})

const texts = documents.map(read).join('\n')

test('every npm script that a document names is there, and every bench', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = each([...found(texts, /npm (start|test)\b/g), ...found(texts, /npm run (?:--silent )?([a-z:]+)/g)])
  expect(named).toContain('bench')
  expect(named.filter((name) => !(name in scripts))).toEqual([])
  const benches = each(found(texts, /npm run bench -- ([a-z]+)/g))
  expect(benches).toContain('agent')
  expect(benches.filter((name) => !existsSync(join(project, `test/bench/${name}.ts`)))).toEqual([])
})

test('every command that a document names is one, and its help has every option', () => {
  const commands = found(read('src/cli/main.ts'), /^ {2}([a-z]+): \{(?: about|$)/gm)
  const lines = found(texts, /\bphaseline ([a-z]+(?: [^`\n#]*)?)(?=[`\n#])/g).map((line) => line.split(' '))
  const named = lines.filter(([name = '']) => commands.includes(name))
  expect(each(named.map(([name = '']) => name))).toEqual(expect.arrayContaining(['check', 'collect', 'get', 'run']))
  expect(each(found(texts, /(?:npx |`)phaseline ([a-z]+)/g)).filter((name) => !commands.includes(name))).toEqual([])
  const help = globSync('src/cli/*.ts', { cwd: project }).map(read).join('\n')
  const options = each(named.flat().filter((word) => word.startsWith('--')))
  expect(options).toContain('--nginx-log')
  expect(options.filter((option) => option !== '--help' && !help.includes(`  ${option} `))).toEqual([])
})

/** Not for people: error codes that begin alike, and what one process of ours tells another. */
const INTERNAL = ['PHASELINE_START', 'PHASELINE_USAGE', 'PHASELINE_LAST']

test('every environment variable that an app of ours reads is in docs/configuration.md, and no other', () => {
  const name = /\b(?:OTEL|PHASELINE)_[A-Z_]*[A-Z]\b/g
  const code = sources
    .map(read)
    .join('\n')
    .replace(
      /OTEL_EXPORTER_OTLP_\$\{signal\.toUpperCase\(\)\}_(\w+)/g,
      'OTEL_EXPORTER_OTLP_TRACES_$1 OTEL_EXPORTER_OTLP_METRICS_$1',
    )
  const known = each(found(code, name)).filter((variable) => !INTERNAL.includes(variable))
  expect(each(found(read('docs/configuration.md'), name))).toEqual(known)
  expect(each(found(texts, name)).filter((variable) => !known.includes(variable))).toEqual([])
})

test('every field of a rule is in docs/configuration.md, and no other', () => {
  const { issues } = parseRules([{ name: 'Slow', figure: 'p95', above: 1, nonsense: true }])
  const fields = /known: (.*)$/.exec(issues[0]?.message ?? '')?.[1]?.split(', ')
  const [, table = ''] = read('docs/configuration.md').split('| field of a rule |')
  expect(found(table, /^\| `(\w+)`/gm)).toEqual(fields)
})

test('every room of src has its row in src/README.md', () => {
  const rooms = globSync('src/*/', { cwd: project }).map((folder) => folder.replace(/^src\/|\/$/g, ''))
  expect(found(read('src/README.md'), /^\| `(\w+)`/gm).sort()).toEqual(rooms.sort())
})

test('docs/phases.md is the table of phases', () => {
  const rows = PHASE_IDS.map((id) => PHASES[id]).map(
    ({ id, stage, spanKind, meaning }) => `| ${stage} | \`${id}\` | ${spanKind} | ${meaning} |`,
  )
  expect(found(read('docs/phases.md'), /^\| \d.*$/gm)).toEqual(rows)
})
