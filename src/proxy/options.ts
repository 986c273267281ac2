import { PhaselineError } from '../model/errors.ts'

/** What `proxy` takes. */
export interface ProxyOptions {
  /** Where requests go: `http://127.0.0.1:3000`, or `https:`; a path of it is put before every request's. */
  readonly target: string | URL
  /** Terminate TLS with this key and certificate (PEM), or with a certificate for localhost made at start. Default: plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer } | 'self-signed'
  /** Path prefixes, each ending in `/`, and the folder whose files are served under it. */
  readonly static?: Readonly<Record<string, string>>
  /**
   * Read the whole request before it is forwarded, up to so many bytes (413 beyond): true for 1 MiB, as nginx does. False
   * streams without a bound; then `proxy.receive` goes on while the app works already. Default: true.
   */
  readonly bufferRequest?: boolean | number
  /** Default: 0, any free one. */
  readonly port?: number
  /** Default: `127.0.0.1`. */
  readonly host?: string
  /** What `phaseline.proxy.name` says. Default: `phaseline`. */
  readonly name?: string
  /** How long the target may be silent, in ms; 504 then. Default: 60,000, as nginx has it. */
  readonly timeout?: number
  /** Whether the certificate of an `https:` target has to be valid. Default: true. */
  readonly verify?: boolean
}

/** The options with their defaults in place. */
export interface Settings {
  readonly target: URL
  readonly name: string
  readonly timeout: number
  readonly verify: boolean
  /** In bytes; undefined: stream. */
  readonly limit: number | undefined
  /** The longest prefix first. */
  readonly folders: readonly (readonly [prefix: string, folder: string])[]
}

export const MEBIBYTE = 1_048_576

/** @throws PhaselineError `ERR_PROXY_TARGET`, `ERR_PROXY_STATIC` */
export function settingsOf(options: ProxyOptions): Settings {
  const { bufferRequest = true } = options
  return {
    target: targetOf(options.target),
    name: options.name ?? 'phaseline',
    timeout: options.timeout ?? 60_000,
    verify: options.verify ?? true,
    limit: bufferRequest === false ? undefined : bufferRequest === true ? MEBIBYTE : bufferRequest,
    folders: foldersOf(options.static ?? {}),
  }
}

function targetOf(target: string | URL): URL {
  const url = URL.parse(String(target))
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw new PhaselineError('ERR_PROXY_TARGET', `The proxy's target must be an http: or https: URL, not "${String(target)}".`)
}

function foldersOf(folders: Readonly<Record<string, string>>): [string, string][] {
  for (const prefix of Object.keys(folders)) {
    if (prefix.startsWith('/') && prefix.endsWith('/')) continue
    throw new PhaselineError('ERR_PROXY_STATIC', `A static prefix starts and ends with a slash: "/static/", not "${prefix}".`)
  }
  return Object.entries(folders).sort(([a], [b]) => b.length - a.length)
}
