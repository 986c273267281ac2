import type { User } from './auth.ts'
import type { Log } from './log.ts'
import type { Maybe } from './maybe.ts'
import type { MiddlewareEntry } from './middleware.ts'
import type { HttpRequest } from './request.ts'
import type { HttpResponse } from './response.ts'
import type { SessionStore } from './session.ts'
import type { TemplateEngine } from './template.ts'
import type { ErrorStatus, UrlConf } from './urls/conf.ts'
import type { UrlPattern } from './urls/line.ts'

/** Makes an error response for an exception that leaves a layer; `make` is what the framework would do. */
export type ConvertException = (
  error: unknown,
  request: HttpRequest,
  /** The name of the middleware whose call raised, or `core`. */
  layer: string,
  make: () => Promise<HttpResponse>,
) => Maybe<HttpResponse>

/** A built-in page, for a status without a handler of the URL configuration. */
export type ErrorPage = (request: HttpRequest, status: ErrorStatus, error: unknown) => Maybe<HttpResponse>

/** Runs a view inside a transaction: commits when it has settled, rolls back when it raises. */
export type Atomic = <T>(call: () => Maybe<T>) => Maybe<T>

/** What `lifecycle()` takes. Loaded and checked once. */
export interface Settings {
  /** The main URL configuration. */
  readonly urls: UrlConf | readonly UrlPattern[]
  /** Others, which a request can choose by name: `request.urlconf = 'admin'`. */
  readonly urlconfs?: Readonly<Record<string, UrlConf | readonly UrlPattern[]>>
  /** Outermost first. */
  readonly middleware?: readonly MiddlewareEntry[]
  /** A directory of Liquid templates, or an engine. */
  readonly templates?: string | TemplateEngine
  /** Shows errors with their source, and the patterns tried, to whoever asks. Never in production. Default false. */
  readonly debug?: boolean
  /** For sessions, CSRF tokens and messages; the first signs, all are accepted. At least 32 characters. */
  readonly secretKey?: string | readonly string[] | undefined
  /** Host names that are ours; `.example.org` is it and all below, `*` any. Default: the names of this machine itself. */
  readonly allowedHosts?: readonly string[]
  /** Redirect to the path with a slash where only that one exists. Default true. */
  readonly appendSlash?: boolean
  /** Redirect to `www.`. Default false. */
  readonly prependWww?: boolean
  /** User agents that get 403. */
  readonly disallowedUserAgents?: readonly RegExp[]
  /** What would become a 500 goes to the server (in tests, to the test). Default false. */
  readonly propagateExceptions?: boolean
  /** The mount prefix: `/app`. */
  readonly scriptName?: string
  /** Body limit in bytes. Default 2,621,440. */
  readonly dataUploadMaxMemorySize?: number
  /** Default 1,000. */
  readonly dataUploadMaxNumberFields?: number
  /** A header of a proxy that is trusted, and its value for TLS: `['x-forwarded-proto', 'https']`. */
  readonly secureProxySslHeader?: readonly [name: string, value: string]
  /** Whether the proxy's `X-Forwarded-Host` is trusted. Default false. */
  readonly useXForwardedHost?: boolean
  readonly security?: Partial<SecuritySettings>
  readonly session?: Partial<SessionSettings>
  readonly csrf?: Partial<CsrfSettings>
  readonly auth?: Partial<AuthSettings>
  /** For `XFrameOptionsMiddleware`. Default `DENY`. */
  readonly xFrameOptions?: 'DENY' | 'SAMEORIGIN'
  /** Each view in a transaction, unless it says `nonAtomic`. */
  readonly atomicRequests?: Atomic
  /** Where records of error responses go. Default: the standard error output. */
  readonly log?: Log
  /** Instead of the built-in error pages. */
  readonly errorPage?: ErrorPage
  /** Around the making of error responses: for reporters that want to know in which layer it happened. */
  readonly convertException?: ConvertException
}

/** For `SecurityMiddleware`. */
export interface SecuritySettings {
  /** Default false. */
  readonly sslRedirect: boolean
  /** The host to redirect to; the request's own by default. */
  readonly sslHost: string | undefined
  /** Paths without their leading slash that are not redirected. */
  readonly redirectExempt: readonly RegExp[]
  /** How long browsers come by TLS only, in seconds; 0, the default, says nothing. Hard to take back. */
  readonly hstsSeconds: number
  readonly hstsIncludeSubdomains: boolean
  readonly hstsPreload: boolean
  /** Default true. */
  readonly contentTypeNosniff: boolean
  /** Default `same-origin`; false says nothing. */
  readonly referrerPolicy: string | false
  /** Default `same-origin`; false says nothing. */
  readonly crossOriginOpenerPolicy: string | false
}

interface CookieSettings {
  readonly cookieName: string
  /** In seconds. */
  readonly maxAge: number
  /** Sent by TLS only. Default false. */
  readonly secure: boolean
  /** Default `lax`. */
  readonly sameSite: 'lax' | 'strict' | 'none'
}

/** For `SessionMiddleware`: `sessionid`, two weeks. */
export interface SessionSettings extends CookieSettings {
  /** Where sessions are kept; in signed cookies by default: readable for the visitor, up to 4 kB. */
  readonly store: SessionStore | undefined
  readonly saveEveryRequest: boolean
  readonly path: string
  readonly domain: string | undefined
}

/** For `CsrfViewMiddleware`: `csrftoken`, a year. */
export interface CsrfSettings extends CookieSettings {
  /** Other origins whose pages may write: `https://*.example.org`. */
  readonly trustedOrigins: readonly string[]
}

/** For `AuthenticationMiddleware` and `loginRequired`. */
export interface AuthSettings {
  /** The user with this id, as the session kept it; nothing if there is none any more. */
  loadUser(id: string | number, request: HttpRequest): Maybe<User | null | undefined>
  /** Default `/accounts/login/`. */
  readonly loginUrl: string
}
