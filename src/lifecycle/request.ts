import { parseCookie } from 'cookie'
import type { Phase } from '../model/observer.ts'
import type { App } from './app.ts'
import { readBody } from './body.ts'
import type { User } from './auth.ts'
import type { CsrfSecret } from './csrf.ts'
import { BadRequest, DisallowedHost, ImproperlyConfigured, MultiPartParserError, TooManyFieldsSent } from './errors.ts'
import { allowsHost, hostAndPort } from './host.ts'
import type { Messages } from './messages.ts'
import type { Session } from './session.ts'
import type { Step } from './trail.ts'
import type { UrlPattern } from './urls/line.ts'
import type { UrlConf } from './urls/conf.ts'
import { decodePath, quotePath, quoteUrl } from './urls/encode.ts'
import type { ResolverMatch } from './urls/match.ts'
import type { ReverseOptions } from './urls/reverse.ts'
import type { View } from './view.ts'

/** What a request is made of; Node's `IncomingMessage` is one. */
export interface Incoming extends AsyncIterable<Uint8Array> {
  /** Of a Node stream: lets reading stop without cutting the connection, so that a 400 can still be sent. */
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterator<Uint8Array> & AsyncIterable<Uint8Array>
  readonly method?: string | undefined
  /** The request target as on the wire. */
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket?: { readonly encrypted?: boolean; readonly remoteAddress?: string | undefined } | undefined
  /** What Express has when the application is mounted: the target before mounting. */
  readonly originalUrl?: string | undefined
}

/** The main configuration, another one, or one of `settings.urlconfs` by its name. */
export type UrlConfChoice = UrlConf | readonly UrlPattern[] | string | null

/** What the stock middlewares keep of a request. */
export interface Extras {
  session?: Session
  user?: User
  messages?: Messages
  csrf?: CsrfSecret | undefined
  csrfUsed?: boolean
}

function present<T>(value: T | undefined, what: string, middleware: string): T {
  if (value !== undefined) return value
  throw new ImproperlyConfigured(`request.${what} needs ${middleware} in settings.middleware, before whoever uses it`)
}

/** One request. The same object goes through the whole chain. */
export class HttpRequest {
  /** Upper case. */
  readonly method: string
  /** The decoded path, with the mount prefix. */
  readonly path: string
  /** The decoded path below the mount prefix: what is resolved. A `processRequest` may change it. */
  pathInfo: string
  /** The mount prefix, without a slash at its end. */
  readonly scriptName: string
  /** The query as it came, without its question mark. */
  readonly queryString: string
  /** By name in lower case, as Node gives them. */
  readonly headers: Incoming['headers']
  /** The URL configuration for this request; `null` and nothing mean the main one. To be set before the path is resolved. */
  urlconf: UrlConfChoice | undefined = undefined
  /** What the path was resolved to; null before, and if nothing matched. */
  resolverMatch: ResolverMatch | null = null
  /** A place for what middlewares and views tell each other. */
  readonly state: Record<string, unknown> = {}
  /** What the stock middlewares put here; `session`, `user` and `messages` read it. */
  readonly extras: Extras = {}
  readonly app: App
  /** Node's request, or what this one was made of. */
  readonly incoming: Incoming
  /** The `handler` phase. */
  phase: Phase | undefined = undefined
  /** Whether anybody wants the phases. */
  watching = false
  /** The steps so far, for the debug page. */
  trail: Step[] | undefined
  /** The error that became a 500, for the server's span. */
  error: unknown = undefined
  /** The choice of `urlconf` that is in force: taken when the path is resolved. */
  choiceInForce: UrlConfChoice | undefined = undefined
  #query: URLSearchParams | undefined
  #cookies: Readonly<Record<string, string | undefined>> | undefined
  #body: Promise<Buffer> | undefined
  #form: Promise<FormData> | undefined

  /**
   * @param scriptName the mount prefix, without a slash at its end
   * @param mounted whether somebody (Express) has taken the prefix off the target already
   */
  constructor(incoming: Incoming, app: App, scriptName = '', mounted = false) {
    const target = incoming.url ?? '/'
    const mark = target.indexOf('?')
    const whole = decodePath(pathOf(mark < 0 ? target : target.slice(0, mark)))
    const raw = mounted || scriptName === '' ? whole : below(scriptName, whole)
    this.incoming = incoming
    this.app = app
    this.method = incoming.method?.toUpperCase() ?? 'GET'
    this.headers = incoming.headers
    this.scriptName = scriptName
    this.pathInfo = raw === '' ? '/' : raw
    this.path = scriptName === '' ? this.pathInfo : scriptName + this.pathInfo
    this.trail = app.settings.debug ? [] : undefined
    this.queryString = mark < 0 ? '' : target.slice(mark + 1)
  }

  /** The query's parameters. */
  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.queryString))
  }

  /** The same under Django's name. */
  get GET(): URLSearchParams {
    return this.query
  }

  get cookies(): Readonly<Record<string, string | undefined>> {
    const { cookie } = this.headers
    return (this.#cookies ??= typeof cookie === 'string' ? parseCookie(cookie) : {})
  }

  /** A header, by name in any letter case; a repeated one joined by commas. */
  header(name: string): string | undefined {
    const value = this.headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : value
  }

  /** The body. Throws `RequestDataTooBig` and `RequestAborted`. Read once, given to everybody who asks. */
  body(): Promise<Buffer> {
    return (this.#body ??= readBody(this.incoming, this.headers, this.app.settings.dataUploadMaxMemorySize))
  }

  async text(): Promise<string> {
    return (await this.body()).toString()
  }

  /** The body as JSON. Throws `BadRequest` if it is none. */
  async json(): Promise<unknown> {
    const text = await this.text()
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new BadRequest('The body is no JSON', { cause })
    }
  }

  /** The fields and files of a form; empty for a body that is none. Throws `MultiPartParserError` for a broken one. */
  form(): Promise<FormData> {
    return (this.#form ??= this.#readForm())
  }

  async #readForm(): Promise<FormData> {
    const type = this.header('content-type') ?? ''
    if (!/^(?:multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(type)) return new FormData()
    const body = await this.body()
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
      .formData()
      .catch((cause: unknown) => {
        throw new MultiPartParserError('The body is no form of its content type', { cause })
      })
    const count = [...form.keys()].length
    if (count > this.app.settings.dataUploadMaxNumberFields) throw new TooManyFieldsSent(`The form has ${count} fields`)
    return form
  }

  /** Whether the client came by TLS, directly or as the trusted proxy says. */
  get secure(): boolean {
    const trusted = this.app.settings.secureProxySslHeader
    if (trusted !== undefined) {
      const said = this.header(trusted[0])
      if (said !== undefined) return said.split(',')[0]?.trim() === trusted[1]
    }
    return this.incoming.socket?.encrypted === true
  }

  get scheme(): 'http' | 'https' {
    return this.secure ? 'https' : 'http'
  }

  /** The host that the client asked for, with its port. Throws `DisallowedHost` if it is not one of `allowedHosts`. */
  host(): string {
    const { useXForwardedHost, allowedHosts } = this.app.settings
    const host = (useXForwardedHost ? this.header('x-forwarded-host') : undefined) ?? this.header('host') ?? ''
    const { domain } = hostAndPort(host)
    if (domain !== '' && allowsHost(allowedHosts, domain)) return host
    const advice =
      domain === ''
        ? 'The domain name provided is not valid according to RFC 1034/1035.'
        : `You may need to add '${domain}' to settings.allowedHosts.`
    throw new DisallowedHost(`Invalid Host header: '${host}'. ${advice}`)
  }

  /** Path and query, encoded. @param appendSlash whether to end the path with a slash */
  fullPath(appendSlash = false): string {
    const slash = appendSlash && !this.path.endsWith('/') ? '/' : ''
    return quotePath(this.path) + slash + (this.queryString === '' ? '' : `?${quoteUrl(this.queryString)}`)
  }

  /** The absolute URL of a path of ours; of this request by default. */
  absoluteUrl(path: string = this.fullPath()): string {
    return new URL(path, `${this.scheme}://${this.host()}${quotePath(this.path)}`).href
  }

  /** The URL of a name, in the configuration in force and with the mount prefix. Throws `NoReverseMatch`. */
  reverse(name: string | View, options: ReverseOptions = {}): string {
    return this.app.confOf(this.choiceInForce).reverse(name, { scriptName: this.scriptName, ...options })
  }

  /** The visitor's session. Throws `ImproperlyConfigured` without `SessionMiddleware`. */
  get session(): Session {
    return present(this.extras.session, 'session', 'SessionMiddleware')
  }

  /** Who asks; `ANONYMOUS` without a login. Throws `ImproperlyConfigured` without `AuthenticationMiddleware`. */
  get user(): User {
    return present(this.extras.user, 'user', 'AuthenticationMiddleware')
  }

  /** What to tell the visitor. Throws `ImproperlyConfigured` without `MessageMiddleware`. */
  get messages(): Messages {
    return present(this.extras.messages, 'messages', 'MessageMiddleware')
  }

  /** Called by the server when all is over. */
  close(): void {}
}

/** The path below the prefix; the whole where a proxy has taken the prefix off. */
function below(prefix: string, path: string): string {
  return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path
}

/** The path of a target in absolute form (`http://host/path`, RFC 9112 §3.2.2) as of any other. */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target
  return /^https?:\/\/[^/]*(.*)$/i.exec(target)?.[1] ?? target
}
