import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { findNodeAtLocation, parse, parseTree, printParseErrorCode, type ParseError } from 'jsonc-parser'
import { PhaselineError } from '../model/errors.ts'
import { DEFAULT_RULES, parseRules, type Rule, type RuleIssue } from './rule.ts'

/** Where alerts go. */
export interface Targets {
  /** URLs that get each change as JSON. */
  readonly webhooks: readonly string[]
  /** Slack-compatible incoming webhooks. */
  readonly slack: readonly string[]
  /** Base URLs of Alertmanagers (API v2). */
  readonly alertmanagers: readonly string[]
}

export interface AlertConfig {
  readonly rules: readonly Rule[]
  readonly notify: Targets
}

const KEYS = ['rules', 'notify']
const TARGETS = ['webhooks', 'slack', 'alertmanagers'] as const

export const DEFAULT_CONFIG: AlertConfig = { rules: DEFAULT_RULES, notify: { webhooks: [], slack: [], alertmanagers: [] } }

/**
 * Reads `phaseline.config.json` (comments allowed), or the default export of a `.js`, `.mjs` or `.ts` file.
 * @throws PhaselineError `ALERT_CONFIG` with one line per mistake: file, line (JSON), place, what is allowed
 */
export async function loadConfig(file: string): Promise<AlertConfig> {
  const text = textOf(file)
  const isJson = /\.jsonc?$/.test(file)
  const given = isJson ? readJson(file, text) : ((await import(pathToFileURL(file).href)) as { default: unknown }).default
  const { config, issues } = check(given)
  if (issues.length === 0) return config
  const lines = issues.map((issue) => {
    const place = issue.path.reduce<string>(
      (so, key) => (typeof key === 'number' ? `${so}[${key}]` : so === '' ? key : `${so}.${key}`),
      '',
    )
    return `${file}${isJson ? `:${lineOf(text, issue.path)}` : ''}: ${place === '' ? 'the file' : place} ${issue.message}`
  })
  throw new PhaselineError('ALERT_CONFIG', lines.join('\n'))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new PhaselineError('ALERT_CONFIG', `${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`, {
      cause: error,
    })
  }
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

function readJson(file: string, text: string): unknown {
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  if (errors.length === 0) return value
  const lines = errors.map(({ error, offset }) => `${file}:${lineAt(text, offset)}: is no JSON: ${inWords(error)}`)
  throw new PhaselineError('ALERT_CONFIG', lines.join('\n'))
}

/** `CloseBracketExpected` as "close bracket expected". */
function inWords(error: ParseError['error']): string {
  return printParseErrorCode(error)
    .replace(/\B[A-Z]/g, ' $&')
    .toLowerCase()
}

/** The line of the value at a path, or of the nearest one above it that is there. */
function lineOf(text: string, path: readonly (string | number)[]): number {
  const tree = parseTree(text, [], { allowTrailingComma: true })
  const depths = path.map((_key, i) => path.length - i)
  const nodes = tree === undefined ? [] : depths.map((depth) => findNodeAtLocation(tree, path.slice(0, depth)))
  return lineAt(text, nodes.find((node) => node !== undefined)?.offset ?? 0)
}

function check(given: unknown): { config: AlertConfig; issues: RuleIssue[] } {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { config: DEFAULT_CONFIG, issues: [{ path: [], message: 'must be an object with "rules" and "notify"' }] }
  const { rules, notify = {} } = given as { rules?: unknown; notify?: Record<string, unknown> | null }
  const unknown = Object.keys(given).filter((key) => !KEYS.includes(key) && key !== '$schema')
  const parsed = rules === undefined ? { rules: DEFAULT_RULES, issues: [] } : parseRules(rules)
  const issues = [
    ...unknown.map((key) => ({ path: [key], message: `is not known here; known: ${KEYS.join(', ')}` })),
    ...parsed.issues.map((issue) => ({ path: ['rules', ...issue.path], message: issue.message })),
    ...targetIssues(notify),
  ]
  const urls = (key: (typeof TARGETS)[number]): string[] => (Array.isArray(notify?.[key]) ? (notify[key] as string[]) : [])
  const targets: Targets = { webhooks: urls('webhooks'), slack: urls('slack'), alertmanagers: urls('alertmanagers') }
  return { config: { rules: parsed.rules, notify: targets }, issues }
}

function targetIssues(notify: unknown): RuleIssue[] {
  if (typeof notify !== 'object' || notify === null)
    return [{ path: ['notify'], message: `must be an object with ${TARGETS.join(', ')}` }]
  return Object.entries(notify).flatMap(([key, urls]) => {
    if (!(TARGETS as readonly string[]).includes(key))
      return [{ path: ['notify', key], message: `is not known here; known: ${TARGETS.join(', ')}` }]
    if (!Array.isArray(urls)) return [{ path: ['notify', key], message: 'must be a list of URLs' }]
    return urls.flatMap((url, i) => (isHttpUrl(url) ? [] : [{ path: ['notify', key, i], message: 'must be an http(s) URL' }]))
  })
}

const isHttpUrl = (url: unknown): boolean => typeof url === 'string' && /^https?:$/.test(URL.parse(url)?.protocol ?? '')
