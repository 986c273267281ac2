import * as v from 'valibot'
import { ImproperlyConfigured } from './errors.ts'
import { consoleLog, type Log } from './log.ts'
import type { MiddlewareEntry } from './middleware.ts'
import type { SessionStore } from './session.ts'
import type {
  Atomic,
  AuthSettings,
  ConvertException,
  CsrfSettings,
  ErrorPage,
  SecuritySettings,
  SessionSettings,
  Settings,
} from './settings.ts'
import type { TemplateEngine } from './template.ts'
import { UrlConf } from './urls/conf.ts'
import type { UrlPattern } from './urls/line.ts'

interface Groups {
  readonly urls: UrlConf
  readonly security: SecuritySettings
  readonly session: SessionSettings
  readonly csrf: CsrfSettings
  readonly auth: AuthSettings
}

interface Keys {
  readonly secretKey: string | readonly string[]
}

/** The settings with their defaults. */
export type CompleteSettings = Omit<Required<Settings>, Optional | keyof (Groups & Keys)> &
  Pick<Settings, Optional> &
  Groups &
  Keys
type Optional = 'templates' | 'secureProxySslHeader' | 'atomicRequests' | 'errorPage' | 'convertException'

const called = <F>(what: string): v.CustomSchema<F, v.ErrorMessage<v.CustomIssue> | undefined> =>
  v.custom<F>((value) => typeof value === 'function', `Expected ${what}`)
const isConf = (value: unknown): boolean => value instanceof UrlConf || (Array.isArray(value) && value.every(isLine))
const isLine = (value: unknown): boolean => typeof value === 'object' && value !== null && 'pattern' in value && 'target' in value
const conf = v.custom<UrlConf | readonly UrlPattern[]>(isConf, 'Expected a list of path(), rePath() or a urlconf()')
const prefix = v.pipe(v.string(), v.regex(/^(?:\/[^/?#]+)*$/, 'Expected "" or a path like "/app", without a slash at its end'))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const secret = v.pipe(v.string(), v.minLength(32, 'Expected at least 32 characters: a short key can be guessed'))
const engine = v.custom<TemplateEngine>(
  (value) => typeof (value as TemplateEngine | null)?.render === 'function',
  'Expected a directory, or an engine with render(name, context, request)',
)
const entry = v.custom<MiddlewareEntry>(
  (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  'Expected a class, a function (getResponse) => …, or an object of hooks',
)
const pattern = v.instance(RegExp, 'Expected a regular expression')

const text = v.pipe(v.string(), v.minLength(1))
const flag = (fallback: boolean) => v.optional(v.boolean(), fallback)
const policy = v.optional(v.union([v.literal(false), text], 'Expected a policy, or false'), 'same-origin')
const cookieSettings = (cookieName: string, maxAge: number) => ({
  cookieName: v.optional(text, cookieName),
  maxAge: v.optional(count, maxAge),
  secure: flag(false),
  sameSite: v.optional(v.picklist(['lax', 'strict', 'none']), 'lax'),
})
const DAY = 86_400

const SECURITY = v.strictObject({
  sslRedirect: flag(false),
  sslHost: v.optional(text),
  redirectExempt: v.optional(v.array(pattern), []),
  hstsSeconds: v.optional(count, 0),
  hstsIncludeSubdomains: flag(false),
  hstsPreload: flag(false),
  contentTypeNosniff: flag(true),
  referrerPolicy: policy,
  crossOriginOpenerPolicy: policy,
})
const SESSION = v.strictObject({
  ...cookieSettings('sessionid', 14 * DAY),
  store: v.optional(v.custom<SessionStore>(isStore, 'Expected a store with load, save and delete')),
  saveEveryRequest: flag(false),
  path: v.optional(v.string(), '/'),
  domain: v.optional(text),
})
const CSRF = v.strictObject({
  ...cookieSettings('csrftoken', 365 * DAY),
  trustedOrigins: v.optional(
    v.array(v.pipe(v.string(), v.regex(/^https?:\/\/[^/]+$/, 'Expected an origin like "https://*.example.org"'))),
    [],
  ),
})
const AUTH = v.strictObject({
  loadUser: v.optional(called<AuthSettings['loadUser']>('a function that takes an id'), () => () => undefined),
  loginUrl: v.optional(text, '/accounts/login/'),
})

function isStore(value: unknown): boolean {
  const { load, save, delete: remove } = (value ?? {}) as Partial<SessionStore>
  return [load, save, remove].every((method) => typeof method === 'function')
}

const SCHEMA = v.strictObject({
  urls: conf,
  urlconfs: v.optional(v.record(v.string(), conf), {}),
  middleware: v.optional(v.array(entry), []),
  templates: v.optional(v.union([v.string(), engine], 'Expected a directory, or an engine with render(name, context, request)')),
  debug: v.optional(v.boolean(), false),
  secretKey: v.optional(v.union([secret, v.array(secret)], 'Expected a text, or a list of texts, of at least 32 characters'), []),
  allowedHosts: v.optional(v.array(v.string()), ['.localhost', '127.0.0.1', '[::1]']),
  appendSlash: v.optional(v.boolean(), true),
  prependWww: v.optional(v.boolean(), false),
  disallowedUserAgents: v.optional(v.array(pattern), []),
  propagateExceptions: v.optional(v.boolean(), false),
  scriptName: v.optional(prefix, ''),
  dataUploadMaxMemorySize: v.optional(count, 2_621_440),
  dataUploadMaxNumberFields: v.optional(count, 1_000),
  secureProxySslHeader: v.optional(v.tuple([v.string(), v.string()])),
  useXForwardedHost: v.optional(v.boolean(), false),
  security: v.optional(SECURITY, {}),
  session: v.optional(SESSION, {}),
  csrf: v.optional(CSRF, {}),
  auth: v.optional(AUTH, {}),
  xFrameOptions: v.optional(v.picklist(['DENY', 'SAMEORIGIN']), 'DENY'),
  atomicRequests: v.optional(called<Atomic>('a function that runs a call in a transaction')),
  log: v.optional(called<Log>('a function that takes a record')),
  errorPage: v.optional(called<ErrorPage>('a function that makes a response')),
  convertException: v.optional(called<ConvertException>('a function around the making of error responses')),
})

/** Checks the settings, once. Throws `ImproperlyConfigured`, which says which are wrong and what is allowed. */
export function complete(settings: Settings): CompleteSettings {
  const result = v.safeParse(SCHEMA, settings)
  if (!result.success) throw new ImproperlyConfigured(`Wrong settings:\n${result.issues.map(describe).join('\n')}`)
  const { urls, log, ...rest } = result.output
  const main = urls instanceof UrlConf ? urls : new UrlConf({ patterns: urls })
  return { ...rest, urls: main, log: log ?? consoleLog(rest.debug) } as CompleteSettings
}

function describe(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue) ?? ''
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return `  ${name}: there is no such setting; there are ${Object.keys(SCHEMA.entries).join(', ')}`
  return `  ${name}: ${issue.message}`
}
